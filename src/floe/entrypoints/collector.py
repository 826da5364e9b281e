"""When Python's garbage collector works: not while the command line loads what stays anyway."""

import gc


def rest() -> None:
    """Stop collecting: modules, settings and a manifest are live, and walked over for nothing."""
    gc.disable()


def resume() -> None:
    """Collect again what comes from now on; what is there already is never looked at again.

    Where the collector was not at rest, as in a program that embeds floe, nothing changes.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
