"""Facets as plain values, and events as what leaves the machine."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from openlineage.client.facet_v2 import BaseFacet
from openlineage.client.serde import Serde

from floe.adapters.openlineage.slimming import LARGEST_EVENT, slimmed
from floe.domain.model.delivery import Envelope, PayloadKind

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
    return part(_producer=producer, _schemaURL=schema, **fields)


def part(**fields: object) -> Document:
    """Return what the serializer makes of a part of a facet with *fields*, without nulls."""
    return {key: value for key, value in fields.items() if value is not None}


def envelope(
    event: str, *, destination: str, key: str, kind: PayloadKind, created_at: datetime
) -> Envelope:
    """Return the text *event* ready for the outbox, saying less where backends take no more."""
    body = event.encode("utf-8", errors="replace")
    return Envelope(
        destination=destination,
        key=key,
        kind=kind,
        body=slimmed(body, LARGEST_EVENT),
        created_at=created_at,
    )
