"""The rules find what is wrong, one breach for each."""

from typing import Any

import pytest

from floe.testing.openlineage_rules import breaches

PRODUCER = "https://example.org/floe/1.0"
FACET = {
    "_producer": PRODUCER,
    "_schemaURL": "https://openlineage.io/spec/facets/1-0-0/XFacet.json#/$defs/XFacet",
}
INPUT = {"namespace": "bigquery", "name": "a.b.c"}


def event(
    kind: str = "START", time: str = "2026-01-02T12:00:00Z", **changes: Any
) -> dict[str, Any]:
    return {
        "eventType": kind,
        "eventTime": time,
        "producer": PRODUCER,
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": "r"},
        "job": {"namespace": "floe", "name": "j"},
        **changes,
    }


def on_run(key: str, **changes: Any) -> dict[str, Any]:
    return event(run={"runId": "r", "facets": {key: FACET | changes}})


def lineage(**changes: Any) -> dict[str, Any]:
    field = {**INPUT, "field": "f", "transformations": [{"type": "DIRECT"}]} | changes
    facet = FACET | {"fields": {"f": {"inputFields": [field]}}}
    return event(
        "COMPLETE", inputs=[INPUT], outputs=[{**INPUT, "facets": {"columnLineage": facet}}]
    )


def test_a_whole_life_breaks_no_rule() -> None:
    assert breaches([event(), lineage()]) == []


@pytest.mark.parametrize(
    ("events", "breach"),
    [
        ([event()], "not exactly one end"),
        ([event("COMPLETE")], "not exactly one START"),
        ([event(), event(), event("FAIL")], "not exactly one START"),
        ([event(), event("FAIL"), event("ABORT")], "not exactly one end"),
        ([event(), event("FAIL"), event("RUNNING")], "not exactly one end"),
        ([event(), event("FAIL", job={"namespace": "x", "name": "j"})], "more than one job"),
        ([event(), event("FAIL", "2026-01-02T11:00:00Z")], "time runs backwards"),
        ([event(time="2026-01-02T12:00:00"), event("FAIL", "2026-01-02T12:00:01")], "no offset"),
        ([event(producer="floe-dagster"), event("FAIL")], "producer is no URI"),
        ([event(schemaURL="https://example.org"), event("FAIL")], "not the official one"),
        ([on_run("floe", _schemaURL="https://x.org/1-0-0/F.json"), event("FAIL")], "prefix"),
        ([on_run("tags", _schemaURL="https://x.org/main/F.json"), event("FAIL")], "not immutable"),
        ([on_run("tags", _producer="floe"), event("FAIL")], "_producer is no URI"),
        (
            [event(inputs=[{**INPUT, "facets": {"dataQualityAssertions": FACET}}]), event("FAIL")],
            "belongs into inputFacets",
        ),
        (
            [
                event(inputs=[{**INPUT, "inputFacets": {"dataQualityAssertions": FACET}}]),
                event("FAIL"),
            ],
            "a result before the end",
        ),
        (
            [event(), event("FAIL", outputs=[{**INPUT, "facets": {"outputStatistics": FACET}}])],
            "belongs into outputFacets",
        ),
        ([event(), lineage(name="a.b.other")], "is of no input"),
        ([event(), lineage(transformations=[])], "has no transformation"),
    ],
)
def test_each_breach_is_found(events: list[dict[str, Any]], breach: str) -> None:
    assert breach in "\n".join(breaches(events))
