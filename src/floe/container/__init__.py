"""The wiring: every port, and the adapter that serves it under the settings.

One module holds one concern. Adapters are imported inside the functions that make them, so that a
backend which is switched off is not even imported. Third parties add theirs by entry point,
selected by the same ``kind``.
"""

from floe.container.container import Container
from floe.container.contract import (
    changed_source,
    client_settings,
    discover,
    document_reader,
    document_writer,
    project_settings,
    scaffold,
)
from floe.container.dbt import project_files, variables_of
from floe.container.delivery import LINEAGE
from floe.container.lineage import recovered
from floe.container.orchestration import (
    dagster_asset_factory,
    dagster_component,
    dagster_orchestrator,
    dagster_services,
    direct_orchestrator,
)
from floe.container.tracing import log_as_json, telemetry_warnings

__all__ = [
    "LINEAGE",
    "Container",
    "changed_source",
    "client_settings",
    "dagster_asset_factory",
    "dagster_component",
    "dagster_orchestrator",
    "dagster_services",
    "direct_orchestrator",
    "discover",
    "document_reader",
    "document_writer",
    "log_as_json",
    "project_files",
    "project_settings",
    "recovered",
    "scaffold",
    "telemetry_warnings",
    "variables_of",
]
