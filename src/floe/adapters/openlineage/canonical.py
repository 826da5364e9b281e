"""The one JSON text of an event, and of a moment in it."""

import json
from datetime import datetime

_ENCODER = json.JSONEncoder(
    sort_keys=True,
    ensure_ascii=False,
    check_circular=False,
    separators=(",", ":"),
    default=str,
)
"""Kept: to make one for each event takes nearly as long as to use it."""


def canonical(event: object) -> str:
    """Return *event* as text: the same event gives the same text."""
    return _ENCODER.encode(event)


def moment(at: datetime) -> str:
    """Return *at* as RFC 3339 text in UTC, in microseconds."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
