"""Streams of dbt that are being read, so that none outlives its reader.

Dagster raises an interrupt outside of the step's generator when it comes between two results, and
the traceback keeps that generator, and with it dbt, alive. So each stream is also closed when the
run is over, or else when the process ends: by then interpreter and lineage still work.
"""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from multiprocessing.util import Finalize
from typing import Any

_LIVE: dict[int, Generator[Any, None, Any]] = {}
_REGISTERED: set[int] = set()
_BEFORE_OTHERS = 100


@contextmanager
def live(events: Generator[Any, None, Any]) -> Iterator[None]:
    """Close *events* in the end, at the latest with the process."""
    if os.getpid() not in _REGISTERED:
        _REGISTERED.add(os.getpid())
        # unlike atexit, this also runs in the children of multiprocessing
        Finalize(None, close_all, exitpriority=_BEFORE_OTHERS)
    _LIVE[id(events)] = events
    try:
        yield
    finally:
        events.close()
        _LIVE.pop(id(events), None)


def close_all() -> None:
    """Close every stream whose reader went away without a word."""
    while _LIVE:
        _, events = _LIVE.popitem()
        events.close()
