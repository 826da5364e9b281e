"""The facets that floe adds: their schemas, where they are published, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openlineage.client.facet_v2 import BaseFacet

from floe.adapters.openlineage import custom_facets
from floe.adapters.openlineage.custom_facets import ADDRESS
from tests.unit.adapters.openlineage.official import needs_specification, own_schemas, schema_errors

PUBLISHED = Path(__file__).parents[4] / "docs" / "facets" / "1-0-0"
FACETS: list[BaseFacet] = [
    custom_facets.FloeDbtRunRunFacet(pipeline="p", invocation="1"),
    custom_facets.FloeTraceContextRunFacet(traceId="", spanId="", traceparent=""),
    custom_facets.FloeSlimmedRunFacet(leftOut=["sql"]),
    custom_facets.FloeDbtNodeJobFacet(uniqueId="u", resourceType="model"),
    custom_facets.FloeColumnClassificationsDatasetFacet(classifications={}),
]


def test_every_custom_facet_has_its_schema_at_its_address() -> None:
    addresses = {facet._schemaURL.split("#")[0] for facet in FACETS}

    assert addresses == {schema["$id"] for schema in own_schemas().values()}
    assert all(address.startswith(ADDRESS) for address in addresses)


def test_the_address_leads_to_the_definition_of_the_facet() -> None:
    schemas = {schema["$id"]: schema for schema in own_schemas().values()}
    for facet in FACETS:
        address, pointer = facet._schemaURL.split("#")
        assert pointer == f"/$defs/{type(facet).__name__}"
        assert type(facet).__name__ in schemas[address]["$defs"]


def test_the_schemas_are_schemas() -> None:
    for schema in own_schemas().values():
        Draft202012Validator.check_schema(schema)


def test_what_is_published_is_what_is_shipped() -> None:
    published = {
        path.name: json.loads(path.read_text(encoding="utf-8")) for path in PUBLISHED.glob("*.json")
    }

    assert published == own_schemas()


@needs_specification
@pytest.mark.parametrize(
    ("entity", "key", "content"),
    [
        ("run", "floe_traceContext", {"traceId": "x", "spanId": "y", "traceparent": "z"}),
        ("run", "floe_dbtRun", {"pipeline": 1}),
        ("run", "floe_slimmed", {"leftOut": []}),
        ("job", "floe_dbtNode", {"uniqueId": "u"}),
        ("dataset", "floe_columnClassifications", {"classifications": {"a": {}}}),
        ("dataset", "columnClassifications", {"classifications": []}),
    ],
)
def test_the_schemas_refuse_what_is_wrong(entity: str, key: str, content: dict[str, Any]) -> None:
    names = {
        "floe_traceContext": "FloeTraceContextRunFacet",
        "floe_dbtRun": "FloeDbtRunRunFacet",
        "floe_slimmed": "FloeSlimmedRunFacet",
        "floe_dbtNode": "FloeDbtNodeJobFacet",
    }
    name = names.get(key, "FloeColumnClassificationsDatasetFacet")
    url = f"{ADDRESS}/{name}.json#/$defs/{name}"
    facet = {"_producer": "https://example.org", "_schemaURL": url, **content}
    event = {
        "eventTime": "2026-01-02T12:00:00Z",
        "producer": "https://example.org",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": "00000000-0000-4000-8000-000000000001", "facets": {}},
        "job": {"namespace": "floe", "name": "j", "facets": {}},
        "inputs": [],
        "outputs": [{"namespace": "bigquery", "name": "a.b.c", "facets": {}}],
    }
    place = event["outputs"][0] if entity == "dataset" else event[entity]  # type: ignore[index]
    place["facets"][key] = facet  # type: ignore[index]

    assert schema_errors(event)
