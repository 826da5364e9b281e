"""What an operator does to an outbox by hand."""

from datetime import datetime
from typing import Protocol

from floe.domain.model.delivery import DeadLetter, Envelope


class OutboxUpkeep(Protocol):
    """Look into an outbox, and tidy it up."""

    def examine(self) -> None:
        """Return when something could be kept now; nothing is left behind by the question.

        Raises:
            OutboxError: It could not: with where, why, and what to do about it.
        """

    def pending(self, destination: str | None = None, limit: int = 100) -> tuple[Envelope, ...]:
        """Return up to *limit* envelopes that wait, oldest first; claimed ones too.

        Raises:
            OutboxError: The outbox cannot be read.
        """

    def expedite(self, destination: str | None = None) -> int:
        """Make everything that waits ready to be sent now; return how many waited for a time.

        Raises:
            OutboxError: It could not be recorded.
        """

    def dead_letters(
        self, destination: str | None = None, limit: int = 100
    ) -> tuple[DeadLetter, ...]:
        """Return up to *limit* refused envelopes, the latest first.

        Raises:
            OutboxError: The outbox cannot be read.
        """

    def requeue(self, envelope_id: str | None = None) -> int:
        """Let the refused envelope, or all of them, wait again; return how many.

        They queue behind what waits already, in the order in which they were refused.

        Raises:
            OutboxError: It could not be recorded.
        """

    def purge(self, envelope_id: str | None = None) -> int:
        """Forget the refused envelope, or all of them, for good; return how many.

        Raises:
            OutboxError: It could not be recorded.
        """

    def prune(self, *, waiting: datetime | None, refused: datetime | None) -> int:
        """Drop runs that wait since before *waiting*, and what was refused before *refused*.

        Return how many envelopes that were; they count as dropped. A run is dropped as a whole,
        once nothing of it is newer. Last wills and what is claimed stay. None keeps everything.

        Raises:
            OutboxError: It could not be recorded.
        """

    def size_bytes(self) -> int:
        """Return how much room the outbox takes: files, where it has any."""
