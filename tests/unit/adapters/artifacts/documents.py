"""Documents for the tests, small and of our own writing."""

import copy
import json
from pathlib import Path
from typing import Any

from floe.adapters.artifacts.reader import DocumentReader
from floe.domain.model.errors import ArtifactError
from floe.domain.model.pipeline import Pipeline

MINIMAL: dict[str, Any] = {
    "version": "1.0.0",
    "metadata": {
        "compiled_at": "2026-02-03T04:05:06Z",
        "floe_core_version": "0.1.0",
        "source_hash": "abc",
    },
    "compute": {"target": "duckdb", "properties": {"path": ":memory:"}},
    "transforms": [{"type": "dbt", "path": "./dbt"}],
}
RESOLVED: dict[str, Any] = {
    "storage": {"bucket": "lake"},
    "catalog": {"uri": "http://catalog.example", "warehouse": "w"},
    "compute": {
        "type": "postgres",
        "properties": {"host": "db", "database": "d", "schema": "s"},
        "credentials": {"mode": "static", "secret_ref": "pg-creds"},
    },
}
ENVIRONMENT: dict[str, Any] = {
    "tenant_id": "00000000-0000-0000-0000-00000000000a",
    "tenant_slug": "acme",
    "project_id": "00000000-0000-0000-0000-00000000000b",
    "project_slug": "shop",
    "environment_id": "00000000-0000-0000-0000-00000000000c",
    "environment_type": "staging",
    "governance_category": "non_production",
}
SUCCESSOR: dict[str, Any] = {
    "version": "0.10.0",
    "metadata": {
        "compiled_at": "2026-02-03T04:05:06Z",
        "floe_version": "0.10.0",
        "source_hash": "sha256:abc",
        "product_name": "tide-tables",
    },
    "identity": {"product_id": "sea.tide_tables", "domain": "sea"},
    "observability": {
        "telemetry": {
            "enabled": True,
            "otlp_endpoint": "http://collector.example:4318",
            "otlp_protocol": "http",
            "sampling": {"dev": 1.0, "prod": 0.25},
            "resource_attributes": {"service_name": "tides", "deployment_environment": "prod"},
        },
        "lineage": True,
        "lineage_namespace": "tides",
    },
    "plugins": {"compute": {"type": "duckdb", "config": {"path": "tides.duckdb"}}},
}


def changed(document: dict[str, Any], *steps: str | int, to: Any) -> dict[str, Any]:
    """Return *document* with another value at *steps*."""
    result = copy.deepcopy(document)
    place: Any = result
    for step in steps[:-1]:
        place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
    place[steps[-1]] = to
    return result


def without(document: dict[str, Any], *steps: str | int) -> dict[str, Any]:
    """Return *document* without what stands at *steps*."""
    result = copy.deepcopy(document)
    place: Any = result
    for step in steps[:-1]:
        place = place[step]
    del place[steps[-1]]
    return result


def write(folder: Path, document: object, name: str = "compiled_artifacts.json") -> Path:
    """Write *document* as JSON, or as it is when it is text or bytes."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(document, bytes):
        path.write_bytes(document)
    else:
        path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def read(folder: Path, document: object, name: str = "compiled_artifacts.json") -> Pipeline:
    """Write *document* and read it."""
    return DocumentReader().read(write(folder, document, name))


def refusal(folder: Path, document: object, name: str = "compiled_artifacts.json") -> str:
    """Write *document*, read it, and return the message of its refusal."""
    path = write(folder, document, name)
    try:
        DocumentReader().read(path)
    except ArtifactError as error:
        return str(error)
    message = "the document was not refused"
    raise AssertionError(message)
