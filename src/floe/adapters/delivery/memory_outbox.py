"""An outbox that lives and dies with its process: for a console, or a host without a disk."""

import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from floe.domain.model.delivery import (
    DeadLetter,
    DeliveryReport,
    Envelope,
    Outcome,
    PayloadKind,
    Verdict,
)
from floe.domain.model.errors import OutboxError
from floe.domain.model.retry import retry_delay_s
from floe.domain.model.value import utc_now

_MAX_BYTES = 64 * 1024 * 1024
_MAX_EVENTS = 100_000
_REMEMBERED = 100_000
_GOES_FIRST = (
    PayloadKind.SPANS,
    PayloadKind.METRICS,
    PayloadKind.LOGS,
    PayloadKind.LINEAGE_OTHER,
)


@dataclass
class _Row:
    envelope: Envelope
    due: float = 0.0
    attempts: int = 0
    claimed: bool = False


@dataclass
class _Account:
    delivered: int = 0
    dropped: int = 0
    last_error: str | None = None
    resume_at: float = 0.0


class MemoryOutbox:
    """Keeps envelopes in memory, with the room, the order and the accounts of the durable one.

    No process but this one sees them, so there are no wills of the dead.
    """

    def __init__(
        self,
        *,
        max_bytes: int = _MAX_BYTES,
        max_events: int = _MAX_EVENTS,
        clock: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._max_bytes = max_bytes
        self._max_events = max_events
        self._clock = clock
        self._chance = chance
        self._lock = threading.RLock()
        self._rows: dict[str, _Row] = {}
        self._bytes = 0
        self._dead: dict[str, DeadLetter] = {}
        self._settled: dict[str, None] = {}
        self._accounts: defaultdict[str, _Account] = defaultdict(_Account)

    def put(
        self,
        envelope: Envelope,
        *,
        not_before: datetime | None = None,
        last_will: Envelope | None = None,  # noqa: ARG002 - nobody is left to read it
    ) -> None:
        """Append *envelope* to the others."""
        envelope_id = envelope.envelope_id
        with self._lock:
            if len(envelope.body) > self._max_bytes:
                raise OutboxError(f"an event of {len(envelope.body)} bytes does not fit")
            if envelope_id in self._rows or envelope_id in self._settled:
                return
            if envelope_id in self._dead or not self._make_room(envelope):
                return
            due = not_before.timestamp() if not_before else 0.0
            self._rows[envelope_id] = _Row(envelope, due)
            self._bytes += len(envelope.body)

    def replace(self, better: Mapping[str, Envelope]) -> int:
        """Exchange envelopes that nobody has claimed yet."""
        with self._lock:
            return sum(self._replace(*pair) for pair in better.items())

    def claim(self, destination: str, limit: int) -> tuple[Envelope, ...]:
        """Return the oldest of each key."""
        with self._lock:
            now = self._clock().timestamp()
            if self._accounts[destination].resume_at > now:
                return ()
            free = [row for row in self._heads(destination) if not row.claimed and row.due <= now]
            for row in free[:limit]:
                row.claimed = True
            return tuple(row.envelope for row in free[:limit])

    def settle(self, attempts: Sequence[tuple[Envelope, Verdict]]) -> None:
        """Record the verdicts."""
        with self._lock:
            for envelope, verdict in attempts:
                row = self._rows.get(envelope.envelope_id)
                if row is not None and row.claimed:
                    self._settle(row, verdict)

    def release(self, envelopes: Sequence[Envelope]) -> None:
        """Clear the claims on *envelopes*."""
        with self._lock:
            for envelope in envelopes:
                row = self._rows.get(envelope.envelope_id)
                if row is not None:
                    row.claimed = False

    def has_waiting(self, destination: str) -> bool:
        """Look for one envelope."""
        with self._lock:
            return any(row.envelope.destination == destination for row in self._rows.values())

    def wills_of_the_dead(self) -> tuple[Envelope, ...]:
        """Return nothing: who could ask is alive."""
        return ()

    def reports(self) -> tuple[DeliveryReport, ...]:
        """Count the envelopes of every destination."""
        with self._lock:
            waiting: defaultdict[str, list[Envelope]] = defaultdict(list)
            for row in self._rows.values():
                waiting[row.envelope.destination].append(row.envelope)
            refused = [letter.envelope.destination for letter in self._dead.values()]
            used = {name for name, account in self._accounts.items() if account != _Account()}
            return tuple(
                DeliveryReport(
                    destination=name,
                    delivered=self._accounts[name].delivered,
                    dropped=self._accounts[name].dropped,
                    last_error=self._accounts[name].last_error,
                    waiting=len(waiting[name]),
                    refused=refused.count(name),
                    oldest_waiting=waiting[name][0].created_at if waiting[name] else None,
                )
                for name in sorted(used | set(waiting) | set(refused))
            )

    def examine(self) -> None:
        """Do nothing: there is room for the first event at least."""

    def pending(self, destination: str | None = None, limit: int = 100) -> tuple[Envelope, ...]:
        """Return what waits, oldest first."""
        with self._lock:
            rows = [row.envelope for row in self._rows.values()]
        return tuple(item for item in rows if destination in (None, item.destination))[:limit]

    def expedite(self, destination: str | None = None) -> int:
        """Forget every waiting time."""
        with self._lock:
            late = [
                row
                for row in self._rows.values()
                if row.due > 0 and destination in (None, row.envelope.destination)
            ]
            for row in late:
                row.due = 0.0
            for name, account in self._accounts.items():
                if destination in (None, name):
                    account.resume_at = 0.0
            return len(late)

    def dead_letters(
        self, destination: str | None = None, limit: int = 100
    ) -> tuple[DeadLetter, ...]:
        """Return what was refused, the latest first."""
        with self._lock:
            letters = list(reversed(self._dead.values()))
        return tuple(
            letter for letter in letters if destination in (None, letter.envelope.destination)
        )[:limit]

    def requeue(self, envelope_id: str | None = None) -> int:
        """Move dead letters back among the waiting."""
        with self._lock:
            letters = self._take_dead(envelope_id)
            for letter in letters:
                self._rows[letter.envelope.envelope_id] = _Row(letter.envelope)
                self._bytes += len(letter.envelope.body)
            return len(letters)

    def purge(self, envelope_id: str | None = None) -> int:
        """Delete dead letters."""
        with self._lock:
            return len(self._take_dead(envelope_id))

    def prune(self, *, waiting: datetime | None, refused: datetime | None) -> int:
        """Delete what waits or was refused for too long."""
        with self._lock:
            old = self._waiting_since_before(waiting) if waiting is not None else []
            self._drop(old)
            letters = [
                letter
                for letter in self._dead.values()
                if refused is not None and letter.refused_at < refused
            ]
            for letter in letters:
                del self._dead[letter.envelope.envelope_id]
                self._accounts[letter.envelope.destination].dropped += 1
            return len(old) + len(letters)

    def size_bytes(self) -> int:
        """Return the size of what waits."""
        return self._bytes

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def _heads(self, destination: str) -> Iterable[_Row]:
        seen: set[str] = set()
        for row in self._rows.values():
            if row.envelope.destination == destination and row.envelope.key not in seen:
                seen.add(row.envelope.key)
                yield row

    def _postpone(self, row: _Row, verdict: Verdict) -> None:
        now = self._clock().timestamp()
        row.claimed = False
        row.attempts += 1
        if verdict.outcome is Outcome.RETRY:
            row.due = now + retry_delay_s(row.attempts, self._chance())
        asked_s = retry_delay_s(0, 0.0, verdict.retry_after_s)
        if asked_s:
            self._accounts[row.envelope.destination].resume_at = now + asked_s

    def _make_room(self, envelope: Envelope) -> bool:
        while self._rows and (
            len(self._rows) + 1 > self._max_events
            or self._bytes + len(envelope.body) > self._max_bytes
        ):
            victims = self._victims(envelope)
            if victims is None:
                self._accounts[envelope.destination].dropped += 1
                return False
            if not victims:
                return True  # only what is with a destination just now: that leaves soon
            self._drop(victims)
        return True

    def _victims(self, envelope: Envelope) -> list[_Row] | None:
        """Return what goes first: None for *envelope* itself, nothing when all are claimed."""
        free = [row for row in self._rows.values() if not row.claimed]
        for kind in _GOES_FIRST:
            of_kind = [row for row in free if row.envelope.kind is kind]
            if of_kind:
                return of_kind[:1]
            if envelope.kind is kind:
                return None
        lines = self._lines()
        lines.pop((envelope.destination, envelope.key), None)
        whole = (line for line in lines.values() if not any(row.claimed for row in line))
        return next(whole, free[:1])

    def _lines(self) -> dict[tuple[str, str], list[_Row]]:
        lines: defaultdict[tuple[str, str], list[_Row]] = defaultdict(list)
        for row in self._rows.values():
            lines[row.envelope.destination, row.envelope.key].append(row)
        return lines

    def _waiting_since_before(self, moment: datetime) -> list[_Row]:
        return [
            row
            for line in self._lines().values()
            if not any(row.claimed or row.envelope.created_at >= moment for row in line)
            for row in line
        ]

    def _drop(self, rows: Sequence[_Row]) -> None:
        for row in rows:
            self._accounts[row.envelope.destination].dropped += 1
        self._remove(rows)

    def _remove(self, rows: Sequence[_Row]) -> None:
        for row in rows:
            del self._rows[row.envelope.envelope_id]
            self._bytes -= len(row.envelope.body)

    def _replace(self, envelope_id: str, envelope: Envelope) -> bool:
        row = self._rows.get(envelope_id)
        if row is None or row.claimed or row.attempts:
            return False
        self._bytes += len(envelope.body) - len(row.envelope.body)
        self._rows = {
            (envelope.envelope_id if known == envelope_id else known): kept
            for known, kept in self._rows.items()
        }
        row.envelope, row.due = envelope, 0.0
        self._settled[envelope_id] = None
        return True

    def _remember(self, envelope_id: str) -> None:
        self._settled[envelope_id] = None
        while len(self._settled) > _REMEMBERED:
            del self._settled[next(iter(self._settled))]

    def _settle(self, row: _Row, verdict: Verdict) -> None:
        envelope = row.envelope
        account = self._accounts[envelope.destination]
        reason = verdict.reason or verdict.outcome.value
        account.last_error = None if verdict.outcome is Outcome.DELIVERED else reason
        if verdict.outcome is Outcome.DELIVERED:
            account.delivered += 1
            account.resume_at = 0.0
            self._remember(envelope.envelope_id)
            self._remove([row])
        elif verdict.outcome is Outcome.REFUSED:
            self._remove([row])
            self._dead[envelope.envelope_id] = DeadLetter(
                envelope=envelope,
                reason=reason,
                status=verdict.status,
                refused_at=self._clock(),
            )
        else:
            self._postpone(row, verdict)

    def _take_dead(self, envelope_id: str | None) -> list[DeadLetter]:
        wanted = [known for known in self._dead if envelope_id in (None, known)]
        return [self._dead.pop(known) for known in wanted]
