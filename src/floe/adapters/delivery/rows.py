"""The rows of the outbox: the schema, and each thing that is done to it, in a transaction."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from floe.domain.model.delivery import DeadLetter, DeliveryReport, Envelope, PayloadKind

VERSION = 1
REMEMBERED = 100_000
"""Delivered envelopes whose repeat is recognised."""

# `head` marks the oldest row of each (destination, key): only heads are handed out.
SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS event (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL, destination TEXT NOT NULL, key TEXT NOT NULL,
  kind TEXT NOT NULL, content_type TEXT NOT NULL, created_at TEXT NOT NULL,
  rank INTEGER NOT NULL, head INTEGER NOT NULL, claimed INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS line ON event (destination, key, seq);
CREATE INDEX IF NOT EXISTS heads ON event (destination, seq) WHERE head;
CREATE INDEX IF NOT EXISTS expendable ON event (rank, seq) WHERE rank > 0;
CREATE TRIGGER IF NOT EXISTS next_head AFTER DELETE ON event WHEN old.head BEGIN
  UPDATE event SET head = 1 WHERE seq = (
    SELECT min(seq) FROM event WHERE destination = old.destination AND key = old.key);
END;
CREATE TABLE IF NOT EXISTS dead (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, destination TEXT NOT NULL,
  key TEXT NOT NULL, kind TEXT NOT NULL, content_type TEXT NOT NULL, created_at TEXT NOT NULL,
  body BLOB NOT NULL, reason TEXT NOT NULL, status INTEGER, refused_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS will (
  destination TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, process TEXT NOT NULL,
  kind TEXT NOT NULL, content_type TEXT NOT NULL, created_at TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (destination, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sent (id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sent_order ON sent (seq);
CREATE TABLE IF NOT EXISTS account (
  destination TEXT PRIMARY KEY, delivered INTEGER NOT NULL DEFAULT 0,
  dropped INTEGER NOT NULL DEFAULT 0, last_error TEXT, resume_at REAL NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""
SCHEMA += f"PRAGMA user_version = {VERSION}; COMMIT;"
_ENVELOPE = "destination, key, kind, content_type, created_at, body"
_FIELDS = ("destination", "key", "kind", "content_type", "created_at", "body")
Where: TypeAlias = tuple[str, tuple[object, ...]]
_INSERT = f"""
INSERT INTO event (id, {_ENVELOPE}, rank, due, head)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
  NOT EXISTS (SELECT 1 FROM event WHERE destination = ?2 AND key = ?3)
WHERE NOT EXISTS (SELECT 1 FROM event WHERE destination = ?2 AND key = ?3 AND id = ?1)
  AND NOT EXISTS (SELECT 1 FROM sent WHERE id = ?1)
  AND NOT EXISTS (SELECT 1 FROM dead WHERE id = ?1)
"""  # noqa: S608 - our own names
_TELEMETRY = (PayloadKind.SPANS, PayloadKind.METRICS, PayloadKind.LOGS, PayloadKind.LINEAGE_OTHER)
_RANK = {kind: len(_TELEMETRY) - place for place, kind in enumerate(_TELEMETRY)}


def rank(kind: PayloadKind) -> int:
    """Return how early *kind* goes when room runs out: the highest first, 0 only by whole run."""
    return _RANK.get(kind, 0)


def envelope_of(row: Iterable[object]) -> Envelope:
    """Return the envelope in *row*, whose columns stand in the order of the table."""
    return Envelope.model_validate(dict(zip(_FIELDS, row, strict=True)))


def columns_of(envelope: Envelope) -> tuple[object, ...]:
    """Return the columns of *envelope* after its id."""
    return (
        envelope.destination,
        envelope.key,
        envelope.kind.value,
        envelope.content_type,
        envelope.created_at.isoformat(),
        envelope.body,
    )


def is_known(connection: sqlite3.Connection, envelope: Envelope, envelope_id: str) -> bool:
    """Return whether *envelope* waits, was refused, or was delivered not long ago."""
    row = connection.execute(
        "SELECT 1 FROM event WHERE destination = ?2 AND key = ?3 AND id = ?1"
        " UNION ALL SELECT 1 FROM sent WHERE id = ?1 UNION ALL SELECT 1 FROM dead WHERE id = ?1",
        (envelope_id, envelope.destination, envelope.key),
    ).fetchone()
    return row is not None


def count(connection: sqlite3.Connection) -> int:
    """Return how many envelopes wait."""
    return int(connection.execute("SELECT count(*) FROM event").fetchone()[0])


def used_bytes(connection: sqlite3.Connection) -> int:
    """Return the size of all pages that are in use, in O(1)."""
    row = connection.execute(
        "SELECT (page_count - freelist_count) * page_size"
        " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
    ).fetchone()
    return int(row[0])


def insert(
    connection: sqlite3.Connection, envelope: Envelope, envelope_id: str, due: float = 0
) -> bool:
    """Add *envelope* at the end of its line and return whether it was new, in one statement."""
    added = connection.execute(
        _INSERT, (envelope_id, *columns_of(envelope), rank(envelope.kind), due)
    )
    return added.rowcount > 0


def replace(connection: sqlite3.Connection, envelope_id: str, envelope: Envelope) -> bool:
    """Exchange an unclaimed row for *envelope* and return whether there was one."""
    changed = connection.execute(
        "UPDATE event SET id = ?, kind = ?, rank = ?, content_type = ?, created_at = ?,"
        " body = ?, due = 0 WHERE destination = ? AND key = ? AND id = ? AND NOT claimed"
        " AND attempts = 0",
        (
            envelope.envelope_id,
            envelope.kind.value,
            rank(envelope.kind),
            envelope.content_type,
            envelope.created_at.isoformat(),
            envelope.body,
            envelope.destination,
            envelope.key,
            envelope_id,
        ),
    )
    if changed.rowcount:
        _remember(connection, envelope_id)  # or the first text would be told again by a repeat
    return changed.rowcount > 0


def keep_will(connection: sqlite3.Connection, will: Envelope, process: str) -> None:
    """Put *will* aside in the name of *process*, in the place of an earlier one of its key."""
    connection.execute(
        f"INSERT OR REPLACE INTO will (id, {_ENVELOPE}, process)"  # noqa: S608 - our own names
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (will.envelope_id, *columns_of(will), process),
    )


def withdraw_will(connection: sqlite3.Connection, destination: str, key: str) -> None:
    """Forget the will of a run that has ended."""
    connection.execute("DELETE FROM will WHERE destination = ? AND key = ?", (destination, key))


def has_waiting(connection: sqlite3.Connection, destination: str) -> bool:
    """Return whether anything waits for *destination*."""
    row = connection.execute(
        "SELECT 1 FROM event WHERE destination = ? LIMIT 1", (destination,)
    ).fetchone()
    return row is not None


def wills(connection: sqlite3.Connection) -> list[tuple[str, Envelope]]:
    """Return every will with the process that left it, oldest first."""
    found = connection.execute(f"SELECT process, {_ENVELOPE} FROM will ORDER BY created_at")  # noqa: S608
    return [(process, envelope_of(rest)) for process, *rest in found]


def adopt_wills(connection: sqlite3.Connection, dead: Iterable[str], heir: str) -> list[str]:
    """Give the wills of *dead* processes to *heir* and return their ids."""
    adopted: list[str] = []
    for process in dead:
        found = connection.execute("SELECT id FROM will WHERE process = ?", (process,))
        adopted += [envelope_id for (envelope_id,) in found]
        connection.execute("UPDATE will SET process = ? WHERE process = ?", (heir, process))
    return adopted


def due_heads(
    connection: sqlite3.Connection, destination: str, now: float, limit: int
) -> list[tuple[int, Envelope]]:
    """Return the sequence numbers and envelopes that may be sent at *now*."""
    found = connection.execute(
        f"SELECT seq, {_ENVELOPE} FROM event WHERE destination = ? AND head AND due <= ?"  # noqa: S608
        " AND NOT EXISTS (SELECT 1 FROM account WHERE account.destination = event.destination"
        " AND resume_at > ?) ORDER BY seq LIMIT ?",
        (destination, now, now, limit),
    )
    return [(seq, envelope_of(rest)) for seq, *rest in found]


def mark(connection: sqlite3.Connection, seqs: Iterable[int], *, claimed: bool) -> None:
    """Set or clear the claim on *seqs*."""
    connection.executemany(
        "UPDATE event SET claimed = ? WHERE seq = ?", [(claimed, seq) for seq in seqs]
    )


def postpone(connection: sqlite3.Connection, seq: int, due: float, attempts: int) -> None:
    """Keep *seq* for later, and count the attempt."""
    connection.execute(
        "UPDATE event SET claimed = 0, attempts = ?, due = ? WHERE seq = ?", (attempts, due, seq)
    )


def attempts(connection: sqlite3.Connection, seq: int) -> int | None:
    """Return how often *seq* was tried, or None when it is gone."""
    row = connection.execute("SELECT attempts FROM event WHERE seq = ?", (seq,)).fetchone()
    return None if row is None else int(row[0])


def remember_delivery(connection: sqlite3.Connection, seq: int, envelope: Envelope) -> None:
    """Forget a delivered row but for its id, and count it."""
    if connection.execute("DELETE FROM event WHERE seq = ?", (seq,)).rowcount:
        account(connection, envelope.destination, delivered=1)
        _remember(connection, envelope.envelope_id)


def bury(connection: sqlite3.Connection, seq: int, letter: DeadLetter, room: int) -> None:
    """Move *seq* among the dead letters, of which the oldest make room beyond *room* bytes."""
    envelope = letter.envelope
    connection.execute("DELETE FROM event WHERE seq = ?", (seq,))
    connection.execute(
        f"INSERT OR REPLACE INTO dead (id, {_ENVELOPE}, reason, status, refused_at)"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            envelope.envelope_id,
            *columns_of(envelope),
            letter.reason,
            letter.status,
            letter.refused_at.isoformat(),
        ),
    )
    newest_first = "SELECT seq, sum(length(body)) OVER (ORDER BY seq DESC) AS used FROM dead"
    beyond = (f"seq IN (SELECT seq FROM ({newest_first}) WHERE used > ?)", (room,))  # noqa: S608
    drop(connection, "dead", beyond)


def drop(connection: sqlite3.Connection, table: str, where: Where) -> int:
    """Delete the rows of *table* that match, count them as dropped, and return how many."""
    condition, values = where
    lost = connection.execute(
        f"SELECT destination, count(*) FROM {table} WHERE {condition} GROUP BY 1",  # noqa: S608
        values,
    ).fetchall()
    for destination, number in lost:
        account(connection, destination, dropped=number)
    if lost:
        connection.execute(f"DELETE FROM {table} WHERE {condition}", values)  # noqa: S608
    return sum(number for _, number in lost)


def account(
    connection: sqlite3.Connection, destination: str, *, delivered: int = 0, dropped: int = 0
) -> None:
    """Add to the account of *destination*; a delivery clears its last error."""
    connection.execute(
        "INSERT INTO account (destination, delivered, dropped) VALUES (?1, ?2, ?3)"
        " ON CONFLICT DO UPDATE SET delivered = delivered + ?2, dropped = dropped + ?3,"
        " last_error = CASE WHEN ?2 THEN NULL ELSE last_error END,"
        " resume_at = CASE WHEN ?2 THEN 0 ELSE resume_at END",
        (destination, delivered, dropped),
    )


def complain(
    connection: sqlite3.Connection, destination: str, error: str, resume_at: float = 0
) -> None:
    """Note the last trouble with *destination*, and when it wants to hear from us again."""
    connection.execute(
        "INSERT INTO account (destination, last_error, resume_at) VALUES (?1, ?2, ?3)"
        " ON CONFLICT DO UPDATE SET last_error = ?2, resume_at = max(resume_at, ?3)",
        (destination, error, resume_at),
    )


def expedite(connection: sqlite3.Connection, destination: str | None) -> int:
    """Make every waiting row due now and return how many were not."""
    changed = connection.execute(
        "UPDATE event SET due = 0 WHERE due > 0 AND (?1 IS NULL OR destination = ?1)",
        (destination,),
    ).rowcount
    connection.execute(
        "UPDATE account SET resume_at = 0 WHERE ?1 IS NULL OR destination = ?1", (destination,)
    )
    return changed


def pending(
    connection: sqlite3.Connection, destination: str | None, limit: int
) -> tuple[Envelope, ...]:
    """Return what waits, oldest first."""
    found = connection.execute(
        f"SELECT {_ENVELOPE} FROM event WHERE ?1 IS NULL OR destination = ?1"  # noqa: S608
        " ORDER BY seq LIMIT ?2",
        (destination, limit),
    )
    return tuple(map(envelope_of, found))


def dead_letters(
    connection: sqlite3.Connection, destination: str | None, limit: int
) -> tuple[DeadLetter, ...]:
    """Return what was refused, the latest first."""
    found = connection.execute(
        f"SELECT reason, status, refused_at, {_ENVELOPE} FROM dead"  # noqa: S608 - our own names
        " WHERE ?1 IS NULL OR destination = ?1 ORDER BY seq DESC LIMIT ?2",
        (destination, limit),
    )
    return tuple(
        DeadLetter(
            reason=reason,
            status=status,
            refused_at=datetime.fromisoformat(refused_at),
            envelope=envelope_of(rest),
        )
        for reason, status, refused_at, *rest in found
    )


def requeue(connection: sqlite3.Connection, envelope_id: str | None) -> int:
    """Move dead letters back to the end of their lines and return how many."""
    letters = connection.execute(
        f"SELECT {_ENVELOPE} FROM dead WHERE ?1 IS NULL OR id = ?1 ORDER BY seq",  # noqa: S608
        (envelope_id,),
    ).fetchall()
    purged = purge(connection, envelope_id)
    for envelope in map(envelope_of, letters):
        insert(connection, envelope, envelope.envelope_id)
    return purged


def purge(connection: sqlite3.Connection, envelope_id: str | None) -> int:
    """Forget dead letters and return how many."""
    return connection.execute(
        "DELETE FROM dead WHERE ?1 IS NULL OR id = ?1", (envelope_id,)
    ).rowcount


_OLD = """
seq IN (SELECT seq FROM event AS old WHERE NOT EXISTS (SELECT 1 FROM event AS newer
  WHERE newer.destination = old.destination AND newer.key = old.key
  AND (newer.created_at >= ? OR newer.claimed)))
"""


def prune(
    connection: sqlite3.Connection, waiting: datetime | None, refused: datetime | None
) -> int:
    """Drop runs that wait since before *waiting*, and letters from before *refused*."""
    lost = 0
    if waiting is not None:
        lost += drop(connection, "event", (_OLD, (waiting.isoformat(),)))
    if refused is not None:
        lost += drop(connection, "dead", ("refused_at < ?", (refused.isoformat(),)))
    return lost


def reports(connection: sqlite3.Connection) -> tuple[DeliveryReport, ...]:
    """Return the account of every destination."""
    found = connection.execute(
        "SELECT name, coalesce(delivered, 0), coalesce(dropped, 0), last_error,"
        " (SELECT count(*) FROM event WHERE destination = name),"
        " (SELECT count(*) FROM dead WHERE destination = name),"
        " (SELECT created_at FROM event WHERE destination = name ORDER BY seq LIMIT 1)"
        " FROM (SELECT destination AS name FROM account UNION SELECT destination FROM event"
        " UNION SELECT destination FROM dead) LEFT JOIN account ON account.destination = name"
        " ORDER BY name"
    )
    return tuple(
        DeliveryReport(
            destination=name,
            delivered=delivered,
            dropped=dropped,
            last_error=last_error,
            waiting=waiting,
            refused=refused,
            oldest_waiting=oldest and datetime.fromisoformat(oldest),
        )
        for name, delivered, dropped, last_error, waiting, refused, oldest in found
    )


def _remember(connection: sqlite3.Connection, envelope_id: str) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO sent SELECT ?, coalesce(max(seq), 0) + 1 FROM sent", (envelope_id,)
    )
    connection.execute(
        "DELETE FROM sent WHERE seq <= (SELECT max(seq) FROM sent) - ?", (REMEMBERED,)
    )
