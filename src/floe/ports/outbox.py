"""Where everything that leaves the machine waits until it has left."""

from datetime import datetime
from typing import Protocol

from floe.domain.model.delivery import DeliveryReport, Envelope, Verdict


class Outbox(Protocol):
    """Keep envelopes durably until their destination has them.

    Many processes may put at once. At most one drains a destination at a time.
    """

    def put(
        self,
        envelope: Envelope,
        *,
        not_before: datetime | None = None,
        last_will: Envelope | None = None,
    ) -> None:
        """Keep *envelope*; on return a crash of this process does not lose it.

        The same envelope twice is kept once. It is not handed out before *not_before*.
        *last_will* is kept aside, and is withdrawn by an envelope of the same destination and
        key whose kind is the end of a lineage run; see ``wills_of_the_dead``.

        Raises:
            OutboxError: It could not be kept: the disk is full, say.
        """

    def replace(self, envelope_id: str, envelope: Envelope) -> bool:
        """Put *envelope* in the place of one that waits, ready at once; same key, same order.

        Return False, and change nothing, when that one was claimed or is gone.

        Raises:
            OutboxError: It could not be kept.
        """

    def claim(self, destination: str, limit: int) -> tuple[Envelope, ...]:
        """Return up to *limit* envelopes that may be sent now, oldest first.

        At most one of each key, the oldest: the next follows when this one is settled. The claim
        ends with ``settle``, or with the death of the process that made it.

        Raises:
            OutboxError: The outbox cannot be read.
        """

    def settle(self, envelope: Envelope, verdict: Verdict) -> None:
        """Record what became of a claimed *envelope*.

        DELIVERED forgets it, REFUSED puts it aside with the reason, RETRY and PAUSE keep it for
        later. An envelope that is not claimed is left alone.

        Raises:
            OutboxError: It could not be recorded; the envelope may be sent again.
        """

    def wills_of_the_dead(self) -> tuple[Envelope, ...]:
        """Return the last wills of runs whose process is gone; each until its run has ended."""

    def reports(self) -> tuple[DeliveryReport, ...]:
        """Return the account of every destination that was ever used."""

    def close(self) -> None:
        """Let go of the store; what waits stays. A second call does nothing."""
