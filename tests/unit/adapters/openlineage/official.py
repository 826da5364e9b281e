"""The official JSON Schemas of OpenLineage and floe's own, with format checks on."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from floe.testing.openlineage_rules import facets_of

SHARED = Path(__file__).parents[5] / "shared"
SPECIFICATION = SHARED / "openlineage-spec"
CONTRACT_SCHEMA = SHARED / "contract/schemas/spec-003/openlineage-event.schema.json"
needs_specification = pytest.mark.skipif(
    not SPECIFICATION.is_dir(), reason="the official OpenLineage schemas are not beside the project"
)
needs_contract = pytest.mark.skipif(
    not CONTRACT_SCHEMA.is_file(), reason="the contract's schemas are not beside the project"
)
_CORE = "https://openlineage.io/spec/2-0-2/OpenLineage.json"


def schema_errors(event: Mapping[str, Any]) -> list[str]:
    """Return what the official schemas refuse in *event* and in each of its facets."""
    found = list(_errors(event, {"$ref": _CORE}, "event"))
    for place, key, facet in facets_of(event):
        schema = {"$ref": facet["_schemaURL"].split("#")[0]}
        found += _errors({key: facet}, schema, f"{place}.{key}")
    return found


def own_schemas() -> Mapping[str, dict[str, Any]]:
    """Return file name → schema for the facets that floe adds."""
    folder = files("floe.adapters.openlineage") / "schemas"
    found = (item for item in folder.iterdir() if item.name.endswith(".json"))
    return {item.name: json.loads(item.read_text(encoding="utf-8")) for item in found}


def _errors(instance: object, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    validator = Draft202012Validator(schema, registry=_registry(), format_checker=FormatChecker())
    for error in validator.iter_errors(instance):
        yield f"{where}: {error.json_path}: {error.message}"


@cache
def _registry() -> Registry[Any]:
    files_ = [SPECIFICATION / "OpenLineage.json", *(SPECIFICATION / "facets").glob("*.json")]
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in files_]
    resources = [Resource.from_contents(item) for item in (*documents, *own_schemas().values())]
    return Registry().with_resources((item.id() or "", item) for item in resources)
