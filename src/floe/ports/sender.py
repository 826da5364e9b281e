"""The one who empties the outbox while the pipeline runs."""

from typing import Protocol

from floe.domain.model.delivery import DeliveryReport


class Sender(Protocol):
    """Drain the outbox towards its destinations, on a thread of its own."""

    def wake(self) -> None:
        """Say that something was put; returns at once, and starts the thread if need be."""

    def flush(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Deliver what can be delivered within *timeout_s* seconds and return the account.

        A destination that is known to be out of reach is not waited for.
        """

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Flush, then stop the thread; a second call returns the same account."""
