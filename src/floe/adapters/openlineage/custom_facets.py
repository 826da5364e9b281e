"""The facets that floe adds to OpenLineage; their JSON Schemas lie in ``schemas/``.

Keys and class names follow the specification's naming of custom facets (prefix ``floe``).
"""

from typing import Any

import attr
from openlineage.client.facet_v2 import DatasetFacet, JobFacet, RunFacet

ADDRESS = "https://floe.dev/spec/facets/1-0-0"
"""The immutable address of this version of the schemas."""


def _url(name: str) -> str:
    return f"{ADDRESS}/{name}.json#/$defs/{name}"


@attr.define(kw_only=True)
class FloeDbtRunRunFacet(RunFacet):
    """The dbt invocation that a run belongs to; key ``floe_dbtRun``."""

    pipeline: str
    invocation: str
    target: str | None = None
    targetName: str | None = None  # noqa: N815 - the facet's own spelling
    orchestrator: str | None = None
    dbtInvocationId: str | None = None  # noqa: N815
    dbtVersion: str | None = None  # noqa: N815
    nodeStatus: str | None = None  # noqa: N815
    executionTime: float | None = None  # noqa: N815

    @staticmethod
    def _get_schema() -> str:
        return _url("FloeDbtRunRunFacet")


@attr.define(kw_only=True)
class FloeTraceContextRunFacet(RunFacet):
    """The span that tells the same run to OpenTelemetry; key ``floe_traceContext``."""

    traceId: str  # noqa: N815
    spanId: str  # noqa: N815
    traceparent: str

    @staticmethod
    def _get_schema() -> str:
        return _url("FloeTraceContextRunFacet")


@attr.define(kw_only=True)
class FloeSlimmedRunFacet(RunFacet):
    """What an event leaves out because of its size; key ``floe_slimmed``."""

    leftOut: list[str]  # noqa: N815

    @staticmethod
    def _get_schema() -> str:
        return _url("FloeSlimmedRunFacet")


@attr.define(kw_only=True)
class FloeDbtNodeJobFacet(JobFacet):
    """The dbt node that a job runs; key ``floe_dbtNode``."""

    uniqueId: str  # noqa: N815
    resourceType: str  # noqa: N815
    materialization: str | None = None
    path: str | None = None
    group: str | None = None
    access: str | None = None
    version: str | None = None

    @staticmethod
    def _get_schema() -> str:
        return _url("FloeDbtNodeJobFacet")


@attr.define(kw_only=True)
class FloeColumnClassificationsDatasetFacet(DatasetFacet):
    """Column name → its classification; key ``floe_columnClassifications``."""

    classifications: dict[str, dict[str, Any]]

    @staticmethod
    def _get_schema() -> str:
        return _url("FloeColumnClassificationsDatasetFacet")
