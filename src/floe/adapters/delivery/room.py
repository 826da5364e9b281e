"""What goes first when the outbox is full."""

import logging
import sqlite3

from floe.adapters.delivery import rows
from floe.domain.model.delivery import Envelope

_LOG = logging.getLogger("floe.delivery")
_LOOK_EVERY = 256
_FREE_ONE_IN = 128
_ROW_BYTES = 1024
"""More than what a row takes beside twice its payload, half-filled pages included."""


class Room:
    """The most that may be kept: *events* in number, *size_bytes* in the database.

    Counting takes time, so it is done once in a while, or when room may run out by what this
    process alone has put. The puts of other processes are noticed with a delay of 256.
    """

    def __init__(self, events: int, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self._events = events
        self._events_left = 0
        self._bytes_left = 0
        self._has_told = False

    def is_short(self, envelope: Envelope) -> bool:
        """Return whether it must be counted before *envelope* may be put."""
        return self._events_left <= 0 or self._bytes_left < _need(envelope)

    def take(self, envelope: Envelope) -> None:
        """Note that *envelope* was put."""
        self._events_left -= 1
        self._bytes_left -= _need(envelope)

    def make(self, connection: sqlite3.Connection, envelope: Envelope) -> bool:
        """Count, and drop what goes first until *envelope* fits, with some to spare.

        False when what goes first is *envelope* itself.
        """
        need = _need(envelope)
        events = self._events - rows.count(connection)
        size = self.size_bytes - rows.used_bytes(connection)
        spare = self._events // _FREE_ONE_IN if events <= 0 else 0
        self._tell(is_full=events - spare < 1 or size < need)
        while events - spare < 1 or size < need:
            lost = _drop_first(connection, envelope)
            if lost is None:
                rows.account(connection, envelope.destination, dropped=1)
                return False
            if not lost:
                break  # only what is with a destination just now: that leaves soon
            events += lost
            size = self.size_bytes - rows.used_bytes(connection)
        self._events_left = min(_LOOK_EVERY, events)
        self._bytes_left = size
        return True

    def _tell(self, *, is_full: bool) -> None:
        if is_full and not self._has_told:
            self._has_told = True
            _LOG.warning("delivery: the outbox is full; what goes first is dropped and counted")


def _need(envelope: Envelope) -> int:
    return 2 * len(envelope.body) + _ROW_BYTES


def _drop_first(connection: sqlite3.Connection, envelope: Envelope) -> int | None:
    """Return how many envelopes were dropped: None when *envelope* itself should be."""
    own = rows.rank(envelope.kind)
    rank = connection.execute(
        "SELECT max(rank) FROM event WHERE rank > 0 AND NOT claimed"
    ).fetchone()[0]
    if rank is None and not own:
        return _drop_oldest_run(connection, envelope)
    if rank is None or rank < own:
        return None
    oldest = "seq = (SELECT min(seq) FROM event WHERE rank = ? AND rank > 0 AND NOT claimed)"
    return rows.drop(connection, "event", (oldest, (rank,)))


def _drop_oldest_run(connection: sqlite3.Connection, newest: Envelope) -> int:
    """Drop a start with its end: half a run is worse than none."""
    oldest = connection.execute(
        "SELECT destination, key FROM event AS candidate WHERE NOT (destination = ? AND key = ?)"
        " AND NOT EXISTS (SELECT 1 FROM event WHERE event.destination = candidate.destination"
        " AND event.key = candidate.key AND claimed) ORDER BY seq LIMIT 1",
        (newest.destination, newest.key),
    ).fetchone()
    if oldest is None:  # all of it is one run, or with its destination
        free = "seq = (SELECT min(seq) FROM event WHERE NOT claimed)"
        return rows.drop(connection, "event", (free, ()))
    rows.withdraw_will(connection, *oldest)
    return rows.drop(connection, "event", ("destination = ? AND key = ?", oldest))
