"""Events that are too large say less, in a stated order, and never who and when."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.openlineage.canonical import canonical
from floe.adapters.openlineage.slimming import slimmed
from floe.domain.model.node_event import InvocationStarted, NodeStatus
from floe.testing.openlineage_rules import event_breaches
from tests.fakes import NOON, finished, node
from tests.unit.adapters.openlineage.emitting import Emitting
from tests.unit.adapters.openlineage.official import needs_specification, schema_errors

RAW = node("seed.shop.raw", columns={name: {"name": name} for name in ("id", "day", "kind")})
MODEL = node("model.shop.people", "seed.shop.raw", description="Everybody. " * 20)
TEST = node("test.shop.unique_id", "model.shop.people", attached_node="model.shop.people")
SQL = "select id, max(day) over (order by kind) as day from shop.main.raw where kind > 'a'"
START = InvocationStarted(at=NOON, invocation_id="i")


def story() -> list[dict[str, Any]]:
    failure = finished(TEST.unique_id, status=NodeStatus.FAIL, message="x" * 9000, failures=3)
    failed = Emitting(RAW, MODEL, TEST, columns=True).tell(START, failure)
    made = Emitting(RAW, MODEL, columns=True).tell(
        START, finished(MODEL.unique_id, compiled_code=SQL)
    )
    return [*failed, *made]


EVENTS = story()
DESIGN = {
    "eventTime": "2026-01-02T12:00:00Z",
    "producer": "https://example.org/floe",
    "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent",
    "dataset": {
        "namespace": "duckdb:///shop",
        "name": "a.b.c",
        "facets": {"documentation": EVENTS[-1]["outputs"][0]["facets"]["documentation"]},
    },
}


def identity(event: dict[str, Any]) -> object:
    names = [
        [(item["namespace"], item["name"]) for item in event.get(side, ())]
        for side in ("inputs", "outputs")
    ]
    job = event.get("job", {})
    about = (event.get("eventType"), event["eventTime"], event.get("run", {}).get("runId"))
    parent = event.get("run", {}).get("facets", {}).get("parent")
    return about, (job.get("namespace"), job.get("name")), names, parent, event.get("dataset", {})


@needs_specification
@given(st.sampled_from(EVENTS), st.integers(0, 20_000))
def test_whatever_the_limit_an_event_stays_itself_and_valid(
    event: dict[str, Any], limit: int
) -> None:
    body = canonical(event).encode()

    less = slimmed(body, limit)

    told = json.loads(less)
    assert identity(told) == identity(event)
    assert schema_errors(told) == []
    assert list(event_breaches(told)) == []
    assert slimmed(body, limit) == less
    assert len(less) <= max(limit, len(slimmed(body, 0)))


def test_an_event_that_fits_is_left_alone() -> None:
    body = canonical(EVENTS[-1]).encode()

    assert slimmed(body, len(body)) is body


def test_what_is_left_out_first_is_what_is_missed_least() -> None:
    body = canonical(EVENTS[-1]).encode()
    seen: list[str] = []
    for limit in range(len(body), 0, -50):
        facet = json.loads(slimmed(body, limit))["run"]["facets"].get("floe_slimmed", {})
        seen += [name for name in facet.get("leftOut", []) if name not in seen]

    assert seen == [
        "indirect column lineage",
        "sql",
        "column lineage",
        "facets of inputs",
        "long texts",
        "facets of outputs",
        "all other facets",
    ]


def test_indirect_lineage_goes_and_direct_lineage_stays() -> None:
    body = canonical(EVENTS[-1]).encode()

    event = json.loads(slimmed(body, len(body) - 1))

    facet = event["outputs"][0]["facets"]["columnLineage"]
    assert "dataset" not in facet
    assert {
        name: [item["field"] for item in field["inputFields"]]
        for name, field in facet["fields"].items()
    } == {"id": ["id"], "day": ["day"]}
    assert "sql" in event["job"]["facets"]


def test_an_error_is_cut_and_never_left_out() -> None:
    (failure,) = (event for event in EVENTS if event["eventType"] == "FAIL")

    event = json.loads(slimmed(canonical(failure).encode(), 0))

    assert len(event["run"]["facets"]["errorMessage"]["message"]) == 4000


@pytest.mark.parametrize("limit", [0, 100, 500])
def test_a_dataset_may_be_told_by_its_name_alone(limit: int) -> None:
    event = json.loads(slimmed(canonical(DESIGN).encode(), limit))

    named = {"namespace": "duckdb:///shop", "name": "a.b.c"}
    assert event["dataset"] == {**named, "facets": {}}
