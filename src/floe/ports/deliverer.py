"""The last step out of the machine."""

from typing import Protocol

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
