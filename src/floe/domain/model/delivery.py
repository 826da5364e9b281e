"""What leaves the machine: frozen payloads, the verdicts on them, and the account at the end."""

from enum import StrEnum
from functools import cached_property
from typing import Self
from uuid import UUID

from pydantic import Field

from floe.domain.model.identity import name_based
from floe.domain.model.value import UtcDatetime, Value

_EVENTS = UUID("c0b9d3de-70fb-5f4a-8a3c-6e2e1a9d4f27")


class PayloadKind(StrEnum):
    """What a payload is, which decides what goes first when room runs out (last one first)."""

    LINEAGE_END = "lineage_end"
    LINEAGE_START = "lineage_start"
    LINEAGE_OTHER = "lineage_other"
    LOGS = "logs"
    METRICS = "metrics"
    SPANS = "spans"


class Envelope(Value):
    """A payload as it will be sent, byte for byte: redacted, serialized and identified.

    *destination* is the name of a backend in the settings, never an address or a credential.
    *key* orders: envelopes of the same destination and key are delivered in the order of arrival.
    """

    destination: str
    key: str
    kind: PayloadKind
    content_type: str = "application/json"
    body: bytes = Field(repr=False)
    created_at: UtcDatetime

    @cached_property
    def envelope_id(self) -> str:
        """The same for the same destination, key and content, so that a repeat is recognised."""
        name = f"{self.destination}\0{self.key}\0{self.kind.value}\0".encode()
        return name_based(_EVENTS, name + self.body)

    def __copy__(self) -> Self:
        """Return a copy that works out its own id, once it has its own content."""
        copied = super().__copy__()
        copied.__dict__.pop("envelope_id", None)
        return copied


class Outcome(StrEnum):
    """What became of one attempt to deliver."""

    DELIVERED = "delivered"
    RETRY = "retry"
    PAUSE = "pause"
    REFUSED = "refused"


class Verdict(Value):
    """The answer of a backend.

    DELIVERED: it has it. RETRY: try again, not before *retry_after_s* where given. PAUSE: the
    destination is misconfigured (sign-in, path, redirect); keep everything and say so. REFUSED:
    this one payload is bad; put it aside with *reason* and go on.
    """

    outcome: Outcome
    reason: str = ""
    status: int | None = None
    retry_after_s: float | None = Field(default=None, ge=0)


class DeliveryReport(Value):
    """The true account of one destination: counts of payloads, and the last trouble."""

    destination: str
    delivered: int = 0
    waiting: int = 0
    refused: int = 0
    dropped: int = 0
    last_error: str | None = None
    oldest_waiting: UtcDatetime | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything reached the destination."""
        return not (self.waiting or self.refused or self.dropped)


class DeadLetter(Value):
    """A payload that its destination refused for good, kept for a human to look at."""

    envelope: Envelope
    reason: str
    status: int | None = None
    refused_at: UtcDatetime
