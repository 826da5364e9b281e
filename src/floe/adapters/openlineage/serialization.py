"""Events as bytes: the same event gives the same bytes, and none holds a known secret."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from openlineage.client.facet_v2 import BaseFacet
from openlineage.client.serde import Serde

from floe.adapters.openlineage.canonical import canonical
from floe.adapters.openlineage.slimming import LARGEST_EVENT, slimmed
from floe.domain.model.delivery import Envelope, PayloadKind
from floe.domain.model.redaction import Redactor

Document: TypeAlias = Mapping[str, Any]
"""An event, or a part of one, as plain JSON values without nulls."""


def facet_documents(facets: Mapping[str, BaseFacet | Document]) -> dict[str, Document]:
    """Return facet key → facet as plain values, a model by OpenLineage's own serializer."""
    return {
        key: Serde.to_dict(facet) if isinstance(facet, BaseFacet) else facet
        for key, facet in facets.items()
    }


def facet(kind: type[BaseFacet], producer: str, **fields: object) -> Document:
    """Return what the serializer makes of ``kind(producer=producer, **fields)``, without nulls.

    For the facets of which every event has its own: a model checks and copies itself, which takes
    longer than all the rest of an event.
    """
    schema = kind._get_schema()  # noqa: SLF001 - whoever makes a facet of their own overrides it
    return {"_producer": producer, "_schemaURL": schema} | {
        key: value for key, value in fields.items() if value is not None
    }


def event_bytes(event: Document, redactor: Redactor) -> bytes:
    """Return *event* as canonical JSON in UTF-8, every known secret masked.

    The whole text is searched first, in one go: a secret within a JSON string has one of the
    forms that the redactor knows. Only where one is found, value by value is masked.
    """
    text = canonical(event)
    if redactor.finds(text):
        text = canonical(redactor.value(event))
    return text.encode("utf-8", errors="replace")


def envelope(
    event: Document,
    redactor: Redactor,
    *,
    destination: str,
    key: str,
    kind: PayloadKind,
    created_at: datetime,
) -> Envelope:
    """Return *event* ready for the outbox, saying less where it is larger than backends take."""
    return Envelope(
        destination=destination,
        key=key,
        kind=kind,
        body=slimmed(event_bytes(event, redactor), LARGEST_EVENT),
        created_at=created_at,
    )
