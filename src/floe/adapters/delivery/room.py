"""What goes first when the outbox is full."""

import sqlite3
from typing import NamedTuple

from floe.adapters.delivery import rows
from floe.domain.model.delivery import Envelope


class Room(NamedTuple):
    """The most that may wait: *events* in number, *bytes* of payload."""

    events: int
    bytes: int


def make_room(connection: sqlite3.Connection, envelope: Envelope, room: Room) -> bool:
    """Drop what goes first until *envelope* fits; False when that is *envelope* itself."""
    while _is_short(connection, len(envelope.body), room):
        rank = connection.execute(
            "SELECT max(rank) FROM event WHERE rank > 0 AND NOT claimed"
        ).fetchone()[0]
        if rank is None and not rows.rank(envelope.kind):
            if not _drop_oldest_run(connection, envelope):
                return True  # only what is with a destination just now: that leaves soon
        elif rank is None or rank < rows.rank(envelope.kind):
            rows.account(connection, envelope.destination, dropped=1)
            return False
        else:
            _drop_oldest_of(connection, rank)
    return True


def _is_short(connection: sqlite3.Connection, size: int, room: Room) -> bool:
    events, used = connection.execute("SELECT events, bytes FROM total").fetchone()
    return bool(events) and (events + 1 > room.events or used + size > room.bytes)


def _drop_oldest_of(connection: sqlite3.Connection, rank: int) -> None:
    oldest = (
        "seq = (SELECT min(seq) FROM event WHERE rank = ? AND rank > 0 AND NOT claimed)",
        (rank,),
    )
    rows.drop(connection, "event", oldest)


def _drop_oldest_run(connection: sqlite3.Connection, newest: Envelope) -> bool:
    """Drop a start with its end: half a run is worse than none."""
    oldest = connection.execute(
        "SELECT destination, key FROM event AS candidate WHERE NOT (destination = ? AND key = ?)"
        " AND NOT EXISTS (SELECT 1 FROM event WHERE event.destination = candidate.destination"
        " AND event.key = candidate.key AND claimed) ORDER BY seq LIMIT 1",
        (newest.destination, newest.key),
    ).fetchone()
    if oldest is None:
        return False
    rows.drop(connection, "event", ("destination = ? AND key = ?", oldest))
    rows.withdraw_will(connection, *oldest)
    return True
