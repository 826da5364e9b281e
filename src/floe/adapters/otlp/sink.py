"""Where payloads go: the one promise that the ways out of this adapter share."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from floe.domain.model.delivery import DeliveryReport

if TYPE_CHECKING:
    from google.protobuf.message import Message


class Signal(StrEnum):
    """The three kinds of telemetry, named as in the paths of OTLP/HTTP."""

    TRACES = "traces"
    METRICS = "metrics"
    LOGS = "logs"


@dataclass(frozen=True, slots=True)
class Payload:
    """An export request of OTLP 1.x with *items* spans, points or records; *key* is unique."""

    signal: Signal
    message: "Message"
    items: int
    key: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """Items that were given up, and why: ``queue_full``, ``timeout`` or ``refused``."""

    signal: Signal
    reason: str
    items: int


class Sink(Protocol):
    """Take payloads and keep, print or send them."""

    def export(self, payload: Payload) -> None:
        """Take *payload* without waiting for the network; safe for threads.

        Raises:
            TelemetryError: It could not be kept; the same payload may be handed over again.
        """

    def dropped(self) -> tuple[Dropped, ...]:
        """Return what was given up since the last call."""

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Finish within *timeout_s* seconds and return the account."""
