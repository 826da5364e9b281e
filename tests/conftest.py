"""What holds for every test."""

import signal

from hypothesis import HealthCheck, settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has what it starts in the background ignore interrupts, and so would all that the
    # tests start and then interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long a machine with other work takes to draw or to run an example says nothing of floe.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
