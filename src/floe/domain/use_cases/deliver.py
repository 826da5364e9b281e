"""Finish what earlier processes could not: send what waits, close what was left open."""

from collections.abc import Callable
from datetime import datetime, timedelta

from floe.domain.model.delivery import DeadLetter, DeliveryReport, Envelope
from floe.domain.model.value import Value, utc_now
from floe.ports.outbox import Outbox
from floe.ports.outbox_upkeep import OutboxUpkeep
from floe.ports.sender import Sender


class DeliveryStatus(Value):
    """How delivery stands: the account of each destination, and the room that it all takes."""

    reports: tuple[DeliveryReport, ...]
    size_bytes: int

    @property
    def is_complete(self) -> bool:
        """Whether everything that was ever put reached its destination."""
        return all(report.is_complete for report in self.reports)


class DeliveryContents(Value):
    """What waits, oldest first, and what was refused, latest first."""

    waiting: tuple[Envelope, ...]
    refused: tuple[DeadLetter, ...]


def as_written(body: bytes, _moment: datetime) -> bytes:
    """Return *body*: the last will says itself when the run ended."""
    return body


def recover(
    *,
    outbox: Outbox,
    stamp: Callable[[bytes, datetime], bytes] = as_written,
    now: Callable[[], datetime] = utc_now,
) -> int:
    """End the runs of processes that died, by their last wills, and return how many.

    *stamp* makes the end of the run of the body of a will and of the moment of recovery: nobody
    knows when the process died, only that by now it has.

    Raises:
        OutboxError: The outbox cannot be used.
    """
    wills = outbox.wills_of_the_dead()
    for will in wills:
        moment = now()
        outbox.put(will.model_copy(update={"body": stamp(will.body, moment), "created_at": moment}))
    return len(wills)


def replay(
    *, upkeep: OutboxUpkeep, sender: Sender, timeout_s: float, destination: str | None = None
) -> tuple[DeliveryReport, ...]:
    """Send what waits, now, whatever waiting time it had; return the account.

    What does not leave within *timeout_s* seconds goes on waiting.

    Raises:
        OutboxError: The outbox cannot be used.
    """
    upkeep.expedite(destination)
    return sender.close(timeout_s)


def requeue(*, upkeep: OutboxUpkeep, envelope_id: str | None = None) -> int:
    """Let a refused envelope, or all, be sent again; return how many.

    Raises:
        OutboxError: The outbox cannot be used.
    """
    return upkeep.requeue(envelope_id)


def purge(*, upkeep: OutboxUpkeep, envelope_id: str | None = None) -> int:
    """Forget a refused envelope, or all, for good; return how many.

    Raises:
        OutboxError: The outbox cannot be used.
    """
    return upkeep.purge(envelope_id)


def prune(
    *,
    upkeep: OutboxUpkeep,
    waiting: timedelta | None,
    refused: timedelta | None,
    now: Callable[[], datetime] = utc_now,
) -> int:
    """Drop runs that have waited for *waiting*, and what was refused *refused* ago.

    Return how many that were; None keeps everything.

    Raises:
        OutboxError: The outbox cannot be used.
    """
    moment = now()
    return upkeep.prune(
        waiting=None if waiting is None else moment - waiting,
        refused=None if refused is None else moment - refused,
    )


def show(
    *, upkeep: OutboxUpkeep, destination: str | None = None, limit: int = 100
) -> DeliveryContents:
    """Return up to *limit* envelopes that wait, and as many that were refused.

    Raises:
        OutboxError: The outbox cannot be used.
    """
    return DeliveryContents(
        waiting=upkeep.pending(destination, limit), refused=upkeep.dead_letters(destination, limit)
    )


def status(*, outbox: Outbox, upkeep: OutboxUpkeep) -> DeliveryStatus:
    """Return how delivery stands.

    Raises:
        OutboxError: The outbox cannot be used.
    """
    return DeliveryStatus(reports=outbox.reports(), size_bytes=upkeep.size_bytes())
