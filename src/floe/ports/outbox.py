"""Where everything that leaves the machine waits until it has left."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from floe.domain.model.delivery import DeliveryReport, Envelope, Verdict


class Outbox(Protocol):
    """Keep envelopes durably until their destination has them.

    Many processes and threads may put at once. At most one process drains a destination at a
    time. What an outbox cannot hold any more it drops by a stated policy, and counts: spans go
    first, then metrics, logs and other events, then the oldest lineage run as a whole. The kind
    of envelope that goes first may be the one that is being put; that is no error.
    """

    def put(
        self,
        envelope: Envelope,
        *,
        not_before: datetime | None = None,
        last_will: Envelope | None = None,
    ) -> None:
        """Keep *envelope*; on return a crash of this process does not lose it.

        The same envelope twice is kept once, also when the first was delivered meanwhile (as far
        as the outbox remembers: the latest 100,000). It is not handed out before *not_before*,
        and nothing of the same key overtakes it. *last_will* is kept aside, and is withdrawn by
        an envelope of the same destination and key whose kind is the end of a lineage run; see
        ``wills_of_the_dead``. The call is allowed after ``close``.

        Raises:
            OutboxError: It could not be kept: the disk is full, say.
        """

    def replace(self, better: Mapping[str, Envelope]) -> int:
        """Put envelopes in the place of others that wait, ready at once; same keys, same order.

        *better* maps the id of one that waits → what takes its place. Return how many did: one
        that was ever claimed, or is gone, is left alone, as it may be with the destination.

        Raises:
            OutboxError: They could not be kept, none of them.
        """

    def claim(self, destination: str, limit: int) -> tuple[Envelope, ...]:
        """Return up to *limit* envelopes that may be sent now, oldest first.

        At most one of each key, the oldest: the next follows when this one is settled. Nothing
        is returned while another process has claims on *destination*, nor before the time that
        the destination itself asked for. The claim ends with ``settle`` or ``release``, or with
        the death of the process that made it.

        Raises:
            OutboxError: The outbox cannot be read.
        """

    def settle(self, attempts: Sequence[tuple[Envelope, Verdict]]) -> None:
        """Record what became of each claimed envelope of *attempts*: of all of them, or of none.

        DELIVERED forgets it, REFUSED puts it aside with the reason, RETRY keeps it for later and
        PAUSE keeps it ready: the one who sends decides when to knock again. ``retry_after_s``
        holds back the whole destination. An envelope that is not claimed is left alone.

        Raises:
            OutboxError: It could not be recorded; the envelopes may be sent again.
        """

    def release(self, envelopes: Sequence[Envelope]) -> None:
        """Give back claimed *envelopes* that nobody tried to send.

        Raises:
            OutboxError: It could not be recorded; they are free when this process ends.
        """

    def has_waiting(self, destination: str) -> bool:
        """Return whether anything waits for *destination*, claimed or not due as it may be.

        Raises:
            OutboxError: The outbox cannot be read.
        """

    def wills_of_the_dead(self) -> tuple[Envelope, ...]:
        """Return the last wills of runs whose process is gone; each until its run has ended.

        A will is the envelope that was given with ``put``, unchanged. From then on it counts as
        left by this process, so that of two who ask at once one gets it.

        Raises:
            OutboxError: The outbox cannot be read.
        """

    def reports(self) -> tuple[DeliveryReport, ...]:
        """Return the account of every destination that was ever used, by name.

        *delivered* and *dropped* count since the outbox was made; *waiting* and *refused* are
        what is there now.

        Raises:
            OutboxError: The outbox cannot be read.
        """

    def close(self) -> None:
        """Let go of the store; what waits stays. A second call does nothing."""
