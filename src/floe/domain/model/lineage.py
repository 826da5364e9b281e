"""Lineage in the words of the design documents: settings, datasets and run events."""

import re
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field, HttpUrl, field_validator

from floe.domain.model.value import UtcDatetime, Value, utc_now

BARE_SCHEMES = frozenset({"bigquery", "file"})
"""Dataset namespaces that the OpenLineage naming specification gives without an authority."""
OFFICIAL_DATASET_FACETS = frozenset(
    {
        "catalog",
        "columnLineage",
        "dataQualityAssertions",
        "dataQualityMetrics",
        "dataSource",
        "datasetType",
        "documentation",
        "hierarchy",
        "inputStatistics",
        "lifecycleStateChange",
        "outputStatistics",
        "ownership",
        "schema",
        "storage",
        "subset",
        "symlinks",
        "tags",
        "version",
    }
)
"""Keys of the dataset facets that OpenLineage publishes; every other key is a custom facet."""
_NAMESPACE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://\S+")


class OpenLineageConfig(Value):
    """Where lineage goes; without *endpoint* it is off. *timeout* is in seconds."""

    endpoint: HttpUrl | None = None
    namespace: str = Field(default="floe", min_length=1, max_length=255)
    producer: str = "floe-dagster"
    async_transport: bool = True
    timeout: float = Field(default=5.0, ge=0.1, le=60.0)

    @property
    def enabled(self) -> bool:
        """Whether there is anywhere to send lineage to."""
        return self.endpoint is not None


class LineageEventType(StrEnum):
    """The states of a run (OpenLineage 2-0-2)."""

    START = "START"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    FAIL = "FAIL"
    ABORT = "ABORT"

    @property
    def is_end(self) -> bool:
        """Whether nothing may follow this state."""
        return self in {self.COMPLETE, self.FAIL, self.ABORT}


class LineageDataset(Value):
    """A dataset by its official name; *facets* maps facet key → facet content."""

    namespace: str
    name: str
    facets: dict[str, Any] = Field(default_factory=dict)

    @field_validator("namespace")
    @classmethod
    def _namespace_is_official(cls, namespace: str) -> str:
        if namespace not in BARE_SCHEMES and not _NAMESPACE.fullmatch(namespace):
            msg = "must be {scheme}://{identifier}, or an official bare scheme such as bigquery"
            raise ValueError(msg)
        return namespace

    @field_validator("facets")
    @classmethod
    def _facets_name_their_schema(cls, facets: dict[str, Any]) -> dict[str, Any]:
        for key in facets.keys() - OFFICIAL_DATASET_FACETS:
            facet = facets[key]
            if not isinstance(facet, dict) or not {"_schemaURL", "_producer"} <= facet.keys():
                msg = f"the custom facet {key!r} must carry _schemaURL and _producer"
                raise ValueError(msg)
        return facets


class LineageEvent(Value):
    """One thing that a run says about itself: *event_time* is aware UTC, *run_id* a UUID."""

    event_type: LineageEventType
    run_id: str
    job_namespace: str
    job_name: str
    event_time: UtcDatetime = Field(default_factory=utc_now)
    inputs: list[LineageDataset] = Field(default_factory=list)
    outputs: list[LineageDataset] = Field(default_factory=list)
    error_message: str | None = None

    @field_validator("run_id")
    @classmethod
    def _run_id_is_a_uuid(cls, run_id: str) -> str:
        return str(UUID(run_id))
