"""The SQLite file of the outbox: opened safely, shared politely, repaired when damaged."""

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from floe.adapters.delivery import rows, salvage, state_directory
from floe.domain.model.errors import OutboxError, Problem
from floe.file_lock import FileLock

_LOG = logging.getLogger("floe.delivery")
_T = TypeVar("_T")
_PATIENCE_S = 0.25
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_INHERITED: list[sqlite3.Connection] = []
"""Connections of a parent process: SQLite forbids a forked child even to close them."""


class BusyError(Exception):
    """Someone else holds the outbox, and may hold it for long."""


class Database:
    """Run transactions on the database at *path*, one at a time on this machine.

    Every write happens under a file lock of our own, because SQLite before 3.51.3 can damage a
    write-ahead log when one connection writes while another checkpoints. Someone who holds the
    lock for a quarter of a second is waited for once, and not again until it was free.
    """

    def __init__(self, path: Path, *, power_safe: bool) -> None:
        self._path = path
        self._where = str(path)
        self._power_safe = power_safe
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._patience_s = _PATIENCE_S
        self._threads = threading.Lock()
        self._processes = FileLock(path.with_suffix(".lock"))
        self._ballast = state_directory.Ballast(path.with_suffix(".ballast"))

    @property
    def is_open(self) -> bool:
        """Whether this process has the files open."""
        return self._connection is not None

    def run(self, work: Callable[[sqlite3.Connection], _T], *, with_reserve: bool = False) -> _T:
        """Return what *work* returns, in a transaction that is kept as a whole or not at all.

        *with_reserve* lets it use the room that is set aside for a full disk.

        Raises:
            BusyError: Others did not let go of the database in time.
            sqlite3.Error: The database cannot do it.
            OSError: The files cannot be opened.
            OutboxError: The directory is not safe to use, or a newer floe wrote the database.
        """
        self._enter()
        try:
            try:
                return self._attempt(work)
            except sqlite3.DatabaseError as error:
                if not self._repaired(error, with_reserve=with_reserve):
                    raise
                return self._attempt(work)
        finally:
            self._leave()

    def close(self) -> None:
        """Close the files; the next transaction opens them again."""
        with self._threads:
            self._disconnect()
            self._processes.close()

    def forget(self) -> None:
        """Start anew in a forked child, and leave everything of the parent's alone."""
        if self._connection is not None:
            _INHERITED.append(self._connection)
        self._connection = None
        self._threads = threading.Lock()
        self._processes.close()

    def _enter(self) -> None:
        if not self._threads.acquire(timeout=max(self._patience_s, 0.001)):
            self._patience_s = 0.0
            raise BusyError
        try:
            self._lock_out_processes()
        except BaseException:
            self._threads.release()
            raise

    def _lock_out_processes(self) -> None:
        if not self._processes.is_open:
            state_directory.prepare(self._path.parent)
        try:
            is_free = self._processes.acquire(self._patience_s)
        except FileNotFoundError:  # someone removed the directory
            state_directory.prepare(self._path.parent)
            is_free = self._processes.acquire(self._patience_s)
        self._patience_s = _PATIENCE_S if is_free else 0.0
        if not is_free:
            raise BusyError

    def _leave(self) -> None:
        self._processes.release()
        self._threads.release()

    def _attempt(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        connection = self._connected()
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _connected(self) -> sqlite3.Connection:
        try:
            inode = os.stat(self._where).st_ino  # noqa: PTH116 - much faster, on every put
        except FileNotFoundError:
            inode = 0
        if self._connection is None or inode != self._inode:
            self._disconnect()
            self._connection = self._open()
            self._inode = self._path.stat().st_ino
        return self._connection

    def _open(self) -> sqlite3.Connection:
        state_directory.prepare(self._path.parent)
        state_directory.make_private_file(self._path)
        connection = sqlite3.connect(
            self._path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        try:
            self._configure(connection)
        except BaseException:
            connection.close()
            raise
        self._ballast.load()
        return connection

    def _configure(self, connection: sqlite3.Connection) -> None:
        networked = state_directory.is_on_network(self._path.parent)
        if networked:
            _LOG.warning("delivery: %s is on a network filesystem", self._path.parent)
        # A write-ahead log needs shared memory, which no network filesystem has.
        connection.execute(f"PRAGMA journal_mode={'TRUNCATE' if networked else 'WAL'}")
        connection.execute(f"PRAGMA synchronous={'FULL' if self._power_safe else 'NORMAL'}")
        # Run ids are random: what is kept touches all of the indexes, and soon again.
        connection.execute("PRAGMA cache_size=-8000")
        connection.execute("PRAGMA wal_autocheckpoint=256")
        connection.execute("PRAGMA journal_size_limit=1048576")
        connection.execute("PRAGMA trusted_schema=OFF")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > rows.VERSION:
            problem = Problem(
                "the outbox was written by a newer floe",
                str(self._path),
                "upgrade floe, or choose another state directory",
            )
            raise OutboxError(problem)
        if version < rows.VERSION:
            connection.executescript(rows.SCHEMA)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _repaired(self, error: sqlite3.DatabaseError, *, with_reserve: bool) -> bool:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGED:
            self._set_aside()
            return True
        return code in _FULL and with_reserve and self._make_room()

    def _make_room(self) -> bool:
        if not self._ballast.drop():
            return False
        if self._connection is not None and not self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return True

    def _set_aside(self) -> None:
        """Rename the damaged database, start a new one, and save every row that can be read."""
        self._disconnect()
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        damaged = self._path.with_name(f"{self._path.stem}.corrupt-{stamp}-{os.getpid()}.db")
        for suffix in ("-wal", "-shm", ""):
            try:
                os.replace(f"{self._path}{suffix}", f"{damaged}{suffix}")  # noqa: PTH105
            except FileNotFoundError:
                continue
        saved = salvage.salvage(damaged, self._connected())
        _LOG.warning("delivery: the outbox was damaged; %d rows saved, see %s", saved, damaged)
