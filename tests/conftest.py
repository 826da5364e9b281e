"""What holds for every test."""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has what it starts in the background ignore interrupts, and so would all that the
    # tests start and then interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
