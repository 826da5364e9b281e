"""The durable outbox: one SQLite file per state directory, shared by every process on it."""

import contextlib
import os
import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeVar

from floe.adapters.delivery import rows, state_directory
from floe.adapters.delivery.database import BusyError, Database
from floe.adapters.delivery.liveness import Liveness
from floe.adapters.delivery.room import Room
from floe.adapters.delivery.spool import Entry, Spool, SpoolFile
from floe.domain.model.delivery import (
    DeadLetter,
    DeliveryReport,
    Envelope,
    Outcome,
    PayloadKind,
    Verdict,
)
from floe.domain.model.errors import OutboxError, Problem
from floe.domain.model.retry import retry_delay_s
from floe.domain.model.value import utc_now
from floe.file_lock import FileLock

_T = TypeVar("_T")
_MAX_BYTES = 256 * 1024 * 1024
_MAX_EVENTS = 100_000
_IMPORT_EVERY_S = 1.0
_IMPORT_AT_BYTES = 4 * 1024 * 1024
_SPOOL_SHARE = 8
"""A spool of the first size, or of one part in the second of the room, is imported by who puts."""
_REFUSED_SHARE = 8
"""Refused envelopes may take one part in this many of the room."""
_OPEN: "weakref.WeakSet[SqliteOutbox]" = weakref.WeakSet()


class SqliteOutbox:
    """Keeps envelopes in *directory*, which nobody else may read.

    At most *max_events* envelopes with *max_bytes* of payload wait. *durability* ``process``
    survives the death of any process at any moment; ``power`` also a loss of power, at the price
    of a disk flush for each event. Nothing is opened before the first call.

    A put appends one line to a spool beside the database, and the next transaction of any process
    imports all that is there: who puts pays for a line, and the sender's thread for the rest. So
    a put needs no database that is free, whole and has room. The first put of a process, and
    with ``power`` every one, goes to the database, and to the spool if that does not take it.
    """

    def __init__(
        self,
        directory: Path,
        *,
        max_bytes: int = _MAX_BYTES,
        max_events: int = _MAX_EVENTS,
        durability: Literal["process", "power"] = "process",
        clock: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._directory = directory
        self._room = Room(max_events, max_bytes)
        self._clock = clock
        self._chance = chance
        self._power_safe = durability == "power"
        self._database = Database(directory / "outbox.db", power_safe=self._power_safe)
        self._spool = Spool(directory / "spool", max_bytes)
        self._import_at_bytes = min(_IMPORT_AT_BYTES, max_bytes // _SPOOL_SHARE)
        self._liveness = Liveness(directory / "processes")
        self._drains: dict[str, FileLock] = {}
        self._claims: dict[str, dict[str, int]] = {}
        self._claiming = threading.Lock()
        self._adopted: set[str] = set()
        self._import_at = 0.0
        _OPEN.add(self)

    def put(
        self,
        envelope: Envelope,
        *,
        not_before: datetime | None = None,
        last_will: Envelope | None = None,
    ) -> None:
        """Keep *envelope* in the spool, or in the database where that is asked for."""
        if len(envelope.body) > self._room.size_bytes:
            raise OutboxError(f"an event of {len(envelope.body)} bytes is larger than the outbox")
        process = self._process() if last_will is not None else ""
        entry = Entry(envelope, not_before, last_will if process else None, process)
        if self._power_safe or not self._database.is_open:
            try:
                self._put_durably(entry)
            except (BusyError, sqlite3.Error, OSError):
                self._spool.append(entry)
        elif self._spool.append(entry) > self._import_at_bytes:
            self._import_when_due()

    def replace(self, better: Mapping[str, Envelope]) -> int:
        """Exchange rows that nobody has claimed yet, in one transaction."""
        return self._run(
            lambda connection: sum(rows.replace(connection, *pair) for pair in better.items())
        )

    def claim(self, destination: str, limit: int) -> tuple[Envelope, ...]:
        """Return heads of lines, while this process holds the destination's lock."""
        with self._claiming:
            mine = self._claims.setdefault(destination, {})
            if not mine and not self._may_drain(destination):
                return ()
            try:
                return self._claim(destination, limit, mine)
            finally:
                self._yield_drain(destination)

    def settle(self, attempts: Sequence[tuple[Envelope, Verdict]]) -> None:
        """Record the verdicts in the rows and in the accounts, in one transaction."""
        with self._claiming:
            claimed = [
                (seq, envelope, verdict)
                for envelope, verdict in attempts
                if (seq := self._claimed(envelope)) is not None
            ]
            if not claimed:
                return

            def work(connection: sqlite3.Connection) -> None:
                for seq, envelope, verdict in claimed:
                    self._settle(connection, seq, envelope, verdict)

            self._alone(work, reserve=True)
            self._forget_claims([envelope for _, envelope, _ in claimed])

    def release(self, envelopes: Sequence[Envelope]) -> None:
        """Clear the claims on *envelopes*."""
        with self._claiming:
            held = [item for item in envelopes if self._claimed(item) is not None]
            seqs = [self._claims[item.destination][item.envelope_id] for item in held]
            if seqs:
                self._alone(
                    lambda connection: rows.mark(connection, seqs, claimed=False), reserve=True
                )
            self._forget_claims(held)

    def has_waiting(self, destination: str) -> bool:
        """Look for one row."""
        return self._run(lambda connection: rows.has_waiting(connection, destination))

    def wills_of_the_dead(self) -> tuple[Envelope, ...]:
        """Return the wills whose process no longer holds its lock, and make them ours.

        Where a dead process has words in the spool still, its runs may have ended: it waits.
        """
        wills = self._run(rows.wills)
        alive = {name: self._liveness.is_alive(name) for name in {name for name, _ in wills}}
        unheard = self._spool.writers()
        dead = [
            name
            for name, lives in alive.items()
            if not lives and name.partition("-")[0] not in unheard
        ]
        if dead:
            self._adopted.update(self._run(self._adopting(dead)))
        return tuple(will for _, will in wills if will.envelope_id in self._adopted)

    def reports(self) -> tuple[DeliveryReport, ...]:
        """Count the rows of every destination."""
        return self._run(rows.reports)

    def examine(self) -> None:
        """Look at the directory, and write to where it is."""
        state_directory.examine(self._directory)

    def pending(self, destination: str | None = None, limit: int = 100) -> tuple[Envelope, ...]:
        """Return what waits, oldest first."""
        return self._run(lambda connection: rows.pending(connection, destination, limit))

    def expedite(self, destination: str | None = None) -> int:
        """Forget every waiting time."""
        return self._run(lambda connection: rows.expedite(connection, destination))

    def dead_letters(
        self, destination: str | None = None, limit: int = 100
    ) -> tuple[DeadLetter, ...]:
        """Return what was refused, the latest first."""
        return self._run(lambda connection: rows.dead_letters(connection, destination, limit))

    def requeue(self, envelope_id: str | None = None) -> int:
        """Move dead letters back among the waiting."""
        return self._run(lambda connection: rows.requeue(connection, envelope_id))

    def purge(self, envelope_id: str | None = None) -> int:
        """Delete dead letters."""
        return self._run(lambda connection: rows.purge(connection, envelope_id), reserve=True)

    def prune(self, *, waiting: datetime | None, refused: datetime | None) -> int:
        """Delete what waits or was refused for too long."""
        return self._run(lambda connection: rows.prune(connection, waiting, refused), reserve=True)

    def size_bytes(self) -> int:
        """Return the size of all files in the directory."""
        try:
            files = [path for path in self._directory.rglob("*") if path.is_file()]
            return sum(path.stat().st_size for path in files)
        except OSError:
            return 0

    def close(self) -> None:
        """Import what is left, close every file and free every lock; a later call opens them."""
        if self._spool.exists():
            with contextlib.suppress(OutboxError):
                self._import()
        self._spool.close()
        with self._claiming:
            self._claims.clear()
            for lock in self._drains.values():
                lock.close()
            self._drains.clear()
        self._database.close()
        self._liveness.close()

    def _put_durably(self, entry: Entry) -> None:
        """Keep *entry* in the database, behind everything that this process has put before.

        While the database does not take what is in the spool, it is asked once a second: to read
        the whole spool for each event would take longer and longer.
        """
        if not self._spool.exists():
            self._database.run(lambda connection: self._keep(connection, entry))
        elif time.monotonic() < self._import_at or not self._import([entry]):
            self._spool.append(entry)

    def _run(self, work: Callable[[sqlite3.Connection], _T], *, reserve: bool = False) -> _T:
        """Return what *work* returns about everything that was put."""
        self._import_when_due()
        return self._alone(work, reserve=reserve)

    def _alone(self, work: Callable[[sqlite3.Connection], _T], *, reserve: bool = False) -> _T:
        """Return what *work* returns about rows that are in the database already."""
        try:
            return self._database.run(work, with_reserve=reserve)
        except BusyError as error:
            raise OutboxError(_problem(self._directory, "is held by another process")) from error
        except (sqlite3.Error, OSError) as error:
            raise OutboxError(_problem(self._directory, f"cannot be used: {error}")) from error

    def _import_when_due(self) -> None:
        if self._spool.exists() and time.monotonic() >= self._import_at:
            self._import()

    def _import(self, more: Sequence[Entry] = ()) -> bool:
        """Move the spool, and *more*, into the database; return whether it took them."""
        try:
            while self._import_one():
                pass
            if more:
                self._database.run(lambda connection: self._keep_all(connection, more))
        except BusyError:
            return False
        except (sqlite3.Error, OSError):
            self._import_at = time.monotonic() + _IMPORT_EVERY_S
            return False
        return True

    def _import_one(self) -> bool:
        """Move the oldest file of the spool into the database; return whether there was one.

        It is taken while the database is ours: two who import keep the order of who wrote.
        """
        taken: list[SpoolFile] = []

        def work(connection: sqlite3.Connection) -> None:
            file = self._spool.take() if not taken else taken[0]
            if file is not None:
                taken[:] = [file]
                self._keep_all(connection, file.entries())

        try:
            self._database.run(work, with_reserve=True)
            for file in taken:
                file.remove()
        finally:
            for file in taken:
                file.leave()
        return bool(taken)

    def _keep_all(self, connection: sqlite3.Connection, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._keep(connection, entry)

    def _process(self) -> str:
        """Return the name under which this process shows that it lives, if it can."""
        try:
            if not self._liveness.is_shown:
                state_directory.prepare(self._directory)
            return self._liveness.token()
        except OSError:
            return ""

    def _keep(self, connection: sqlite3.Connection, entry: Entry) -> None:
        envelope = entry.envelope
        envelope_id = envelope.envelope_id
        if self._room.is_short(envelope):
            is_known = rows.is_known(connection, envelope, envelope_id)
            if is_known or not self._room.make(connection, envelope):
                return
        due = entry.not_before.timestamp() if entry.not_before else 0.0
        if not rows.insert(connection, envelope, envelope_id, due):
            return
        self._room.take(envelope)
        if envelope.kind is PayloadKind.LINEAGE_END:
            rows.withdraw_will(connection, envelope.destination, envelope.key)
        elif entry.last_will is not None:
            rows.keep_will(connection, entry.last_will, entry.process)

    def _claim(self, destination: str, limit: int, mine: dict[str, int]) -> tuple[Envelope, ...]:
        now = self._clock().timestamp()

        def work(connection: sqlite3.Connection) -> list[tuple[int, Envelope]]:
            heads = rows.due_heads(connection, destination, now, limit + len(mine))
            taken = set(mine.values())
            free = [(seq, envelope) for seq, envelope in heads if seq not in taken][:limit]
            rows.mark(connection, [seq for seq, _ in free], claimed=True)
            return free

        claimed = self._run(work, reserve=True)
        mine.update({envelope.envelope_id: seq for seq, envelope in claimed})
        return tuple(envelope for _, envelope in claimed)

    def _claimed(self, envelope: Envelope) -> int | None:
        """Return the row of *envelope*, if we have a claim on it."""
        return self._claims.get(envelope.destination, {}).get(envelope.envelope_id)

    def _forget_claims(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            self._claims[envelope.destination].pop(envelope.envelope_id, None)
            self._yield_drain(envelope.destination)

    def _adopting(self, dead: Sequence[str]) -> Callable[[sqlite3.Connection], list[str]]:
        """Make the wills of *dead* ours: two who recover at once must not end a run twice."""
        heir = self._process()
        return lambda connection: rows.adopt_wills(connection, dead, heir)

    def _settle(
        self, connection: sqlite3.Connection, seq: int, envelope: Envelope, verdict: Verdict
    ) -> None:
        now = self._clock()
        attempts = rows.attempts(connection, seq)
        if attempts is None:
            return
        destination, reason = envelope.destination, verdict.reason or verdict.outcome.value
        if verdict.outcome is Outcome.DELIVERED:
            rows.remember_delivery(connection, seq, envelope)
        elif verdict.outcome is Outcome.REFUSED:
            letter = DeadLetter(
                envelope=envelope, reason=reason, status=verdict.status, refused_at=now
            )
            rows.bury(connection, seq, letter, self._room.size_bytes // _REFUSED_SHARE)
            rows.complain(connection, destination, reason)
        else:
            retry = verdict.outcome is Outcome.RETRY
            delay_s = retry_delay_s(attempts + 1, self._chance()) if retry else 0.0
            asked_s = retry_delay_s(0, 0.0, verdict.retry_after_s)
            due = now.timestamp() + delay_s
            rows.postpone(connection, seq, due, attempts + 1)
            resume_at = now.timestamp() + asked_s if asked_s else 0.0
            rows.complain(connection, destination, reason, resume_at)

    def _may_drain(self, destination: str) -> bool:
        lock = self._drains.get(destination)
        if not self._directory.exists():
            return False  # nothing was ever put
        if lock is None:
            state_directory.prepare(self._directory)
            name = sha256(destination.encode()).hexdigest()[:16]
            lock = self._drains[destination] = FileLock(self._directory / f"drain-{name}.lock")
        try:
            return lock.acquire()
        except OSError as error:
            raise OutboxError(_problem(self._directory, f"cannot be used: {error}")) from error

    def _yield_drain(self, destination: str) -> None:
        if not self._claims.get(destination):
            lock = self._drains.get(destination)
            if lock is not None:
                lock.release()

    def _forget(self) -> None:
        self._claiming = threading.Lock()
        self._claims = {}
        self._adopted = set()
        for lock in self._drains.values():
            lock.close()
        self._drains = {}
        self._spool.forget()
        self._database.forget()
        self._liveness.forget()


def _problem(directory: Path, what: str) -> Problem:
    return Problem(f"the outbox {what}", str(directory))


def _start_anew_in_child() -> None:
    for outbox in list(_OPEN):
        with contextlib.suppress(Exception):
            outbox._forget()  # noqa: SLF001 - the same module


os.register_at_fork(after_in_child=_start_anew_in_child)
