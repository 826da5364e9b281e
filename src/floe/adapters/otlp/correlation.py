"""Where in a trace this thread is, so that what it logs can say so."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """A span, and the lineage run that it stands for; ids in lower-case hexadecimal."""

    trace_id: str
    span_id: str
    run_id: str | None = None


_CURRENT: ContextVar[Position | None] = ContextVar("floe_position", default=None)
_OPEN: dict[Position, None] = {}
"""The positions that runs of this process are at."""


def enter(position: Position) -> None:
    """Make *position* the current one from here on."""
    _CURRENT.set(position)
    _OPEN[position] = None


def leave(position: Position) -> None:
    """Make none the current one, where *position* still is."""
    _OPEN.pop(position, None)
    if _CURRENT.get() == position:
        _CURRENT.set(None)


@contextmanager
def at(position: Position) -> Iterator[None]:
    """Make *position* the current one for a while; then it is again what it was."""
    token = _CURRENT.set(position)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current() -> Position | None:
    """Return floe's own position, else that of the host's current OpenTelemetry span, if any.

    OpenTelemetry is asked only where somebody has imported it. A thread that works for a run
    beside it, such as one that delivers, is where the run is while there is only one.
    """
    return _CURRENT.get() or _position_of_host() or _only_open()


def identifiers() -> dict[str, str]:
    """Return ``trace_id``, ``span_id`` and ``openlineage_run_id``, as far as there are any."""
    position = current()
    if position is None:
        return {}
    ids = {"trace_id": position.trace_id, "span_id": position.span_id}
    return ids if position.run_id is None else ids | {"openlineage_run_id": position.run_id}


def _only_open() -> Position | None:
    positions = tuple(_OPEN)
    return positions[0] if len(positions) == 1 else None


def _position_of_host() -> Position | None:
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    span_context = trace.get_current_span().get_span_context()
    if not span_context.is_valid:
        return None
    return Position(f"{span_context.trace_id:032x}", f"{span_context.span_id:016x}")
