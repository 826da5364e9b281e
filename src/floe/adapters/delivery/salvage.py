"""Save what can still be read from a damaged outbox."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

# Each table with the column that its rows are read by, from both ends up to the damage.
_TABLES = {
    "event": "seq",
    "dead": "seq",
    "will": "destination",
    "account": "destination",
    "sent": "id",
}


def salvage(damaged: Path, into: sqlite3.Connection) -> int:
    """Copy every row that can be read from *damaged* and return how many."""
    try:
        source = sqlite3.connect(damaged)
    except sqlite3.Error:
        return 0
    with contextlib.closing(source):
        into.execute("BEGIN IMMEDIATE")
        saved = sum(_copy(source, into, table, key) for table, key in _TABLES.items())
        into.execute(
            "UPDATE event SET claimed = 0,"
            " head = seq IN (SELECT min(seq) FROM event GROUP BY destination, key)"
        )
        into.execute("COMMIT")
    return saved


def _copy(source: sqlite3.Connection, into: sqlite3.Connection, table: str, key: str) -> int:
    saved = 0
    for order in ("ASC", "DESC"):
        query = f"SELECT * FROM {table} ORDER BY {key} {order}"  # noqa: S608 - our own names
        for names, row in _readable(source, query):
            saved += _insert(into, table, names, row)
    return saved


def _readable(
    source: sqlite3.Connection, query: str
) -> Iterator[tuple[list[str], tuple[object, ...]]]:
    try:
        cursor = source.execute(query)
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield names, row
    except sqlite3.Error:
        return


def _insert(into: sqlite3.Connection, table: str, names: list[str], row: tuple[object, ...]) -> int:
    marks = ", ".join("?" * len(names))
    statement = f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
    try:
        return into.execute(statement, row).rowcount
    except (sqlite3.IntegrityError, sqlite3.InterfaceError):  # a row full of garbage
        return 0
