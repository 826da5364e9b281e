"""When Python's garbage collector works: not while what a code location keeps comes into being."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the garbage collector from walking millions of new, live objects again and again.

    They come out as old objects, without the one walk that would make them so: with the first
    object after this it would begin. What of them is garbage goes when old objects are looked at.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            _age()
            gc.enable()


def _age() -> None:
    """Make every object an old one, unless the program has put some away for good."""
    if not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()
