"""Events as bytes: the same event gives the same bytes, and none holds a known secret."""

from datetime import datetime

from openlineage.client.event_v2 import BaseEvent
from openlineage.client.serde import Serde

from floe.domain.model.delivery import Envelope, PayloadKind
from floe.domain.model.redaction import Redactor


def event_bytes(event: BaseEvent, redactor: Redactor) -> bytes:
    """Return *event* as canonical JSON in UTF-8, every known secret masked."""
    clean = redactor.value(Serde.to_dict(event))
    text = Serde.to_json(clean, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", errors="replace")


def envelope(
    event: BaseEvent,
    redactor: Redactor,
    *,
    destination: str,
    key: str,
    kind: PayloadKind,
    created_at: datetime,
) -> Envelope:
    """Return *event* ready for the outbox."""
    return Envelope(
        destination=destination,
        key=key,
        kind=kind,
        body=event_bytes(event, redactor),
        created_at=created_at,
    )
