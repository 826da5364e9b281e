"""The last step out of the machine."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from floe.domain.model.delivery import Envelope, Verdict


class Deliverer(Protocol):
    """Hand one payload to one destination."""

    def deliver(self, envelope: Envelope) -> Verdict:
        """Send the bytes of *envelope* as they are and return what the destination says.

        Every failure is a verdict; nothing is raised. The call ends within the time limit that
        the deliverer was made with. The same envelope may come again.
        """

    def close(self) -> None:
        """Let go of connections; a second call does nothing."""


@runtime_checkable
class BatchDeliverer(Deliverer, Protocol):
    """A deliverer to a destination that may take several payloads in one go."""

    def deliver_batch(self, envelopes: Sequence[Envelope]) -> Sequence[Verdict]:
        """Send the first ones of *envelopes*, of which no two share a key, within a time limit.

        Return a verdict on each that was tried, in order, and on one at least.
        """
