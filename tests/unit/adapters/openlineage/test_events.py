"""What one event says, facet by facet."""

import re
from datetime import timedelta
from typing import Any

import pytest

from floe.domain.model.governance import ColumnClassification
from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_event import InvocationFinished, InvocationStarted, NodeStatus
from floe.domain.model.pipeline import Governance
from floe.domain.model.run import RunReference
from floe.domain.model.tracing import TraceParent
from floe.testing.openlineage_rules import breaches, facets_of
from tests.fakes import NOON, context, finished, node, started
from tests.unit.adapters.openlineage.emitting import Emitting, profile, repository
from tests.unit.adapters.openlineage.official import (
    CONTRACT_SCHEMA,
    needs_contract,
    needs_specification,
    schema_errors,
)

RAW = node("seed.shop.raw")
MODEL = node(
    "model.shop.people",
    "seed.shop.raw",
    description="All people.",
    tags=["daily"],
    config={"materialized": "table", "meta": {"owner": "team-a", "tier": 1}},
    original_file_path="models/people.sql",
    columns={
        "email": {
            "name": "email",
            "data_type": "text",
            "description": "Where to write to.",
            "tags": ["contact"],
            "meta": {"floe": {"classification": "pii", "pii_type": "email"}, "unit": "none"},
        }
    },
)
TEST = node(
    "test.shop.not_null_people_email.1a2b",
    "model.shop.people",
    attached_node="model.shop.people",
    column_name="email",
    test_metadata={"name": "not_null", "kwargs": {"column_name": "email", "model": "{{ x }}"}},
    config={"severity": "WARN"},
)
START = InvocationStarted(at=NOON, invocation_id="i", dbt_version="1.11.0")
END = InvocationFinished(at=NOON + timedelta(seconds=5), exit_code=0)


def told(
    unique_id: str,
    *nodes: DbtNode,
    status: NodeStatus = NodeStatus.SUCCESS,
    emitting: dict[str, Any] | None = None,
    run: dict[str, Any] | None = None,
    **changes: Any,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the first and the last event of the node *unique_id*."""
    events = Emitting(*nodes, **emitting or {}).tell(
        START,
        started(unique_id),
        finished(unique_id, status=status, **changes),
        END,
        run=context(**run or {}),
    )
    own = [event for event in events if event["job"]["name"] != "shop.dbt"]
    return own[0], own[-1]


def run_facet(event: dict[str, Any], key: str) -> dict[str, Any]:
    facet: dict[str, Any] = event["run"]["facets"][key]
    return {name: value for name, value in facet.items() if not name.startswith("_")}


def test_a_run_is_told_by_one_start_and_one_end_in_utc() -> None:
    first, last = told(MODEL.unique_id, RAW, MODEL)

    assert (first["eventType"], last["eventType"]) == ("START", "COMPLETE")
    assert first["run"]["runId"] == last["run"]["runId"]
    assert last["eventTime"] == "2026-01-02T12:00:01.000000Z"


def test_the_job_is_named_by_package_type_and_name() -> None:
    _, last = told(MODEL.unique_id, RAW, MODEL)

    assert last["job"]["name"] == "shop.model.people"


def test_inputs_are_the_parents_and_the_output_is_the_relation() -> None:
    for event in told(MODEL.unique_id, RAW, MODEL):
        assert [item["name"] for item in event["inputs"]] == ["shop.main.raw"]
        assert [item["name"] for item in event["outputs"]] == ["shop.main.people"]


@pytest.mark.parametrize(
    "unique_id", ["operation.shop.shop-on-run-end-0", "model.shop.unknown_to_the_manifest"]
)
def test_what_the_manifest_does_not_know_has_no_datasets(unique_id: str) -> None:
    _, last = told(unique_id, RAW)

    assert (last["inputs"], last["outputs"]) == ([], [])


def test_an_ephemeral_model_makes_nothing() -> None:
    hidden = node("model.shop.hidden", config={"materialized": "ephemeral"})

    _, last = told(hidden.unique_id, hidden)

    assert last["outputs"] == []


def test_the_end_says_how_many_rows_were_written_and_by_which_query() -> None:
    _, last = told(
        MODEL.unique_id, RAW, MODEL, rows_affected=7, adapter_response={"query_id": "q-1"}
    )

    assert last["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == 7
    assert run_facet(last, "externalQuery") == {"externalQueryId": "q-1", "source": "duckdb"}


def test_the_end_says_how_many_rows_were_read_of_what_the_same_run_has_made() -> None:
    seed = node(RAW.unique_id, config={"materialized": "seed"})
    events = Emitting(seed, MODEL).tell(
        START,
        finished(seed.unique_id, rows_affected=7),
        finished(MODEL.unique_id, 2, compiled_code="select * from shop.main.raw"),
        END,
    )

    start, end = (event for event in events if event["job"]["name"] == "shop.model.people")
    statistics = end["inputs"][0]["inputFacets"]["inputStatistics"]
    assert statistics["rowCount"] == 7
    assert start["inputs"][0]["inputFacets"] == {}
    assert breaches(events) == []


def test_a_view_has_no_rows_whatever_its_adapter_counts() -> None:
    view = node("model.shop.seen", RAW.unique_id, config={"materialized": "view"})

    _, last = told(view.unique_id, RAW, view, rows_affected=1)

    assert last["outputs"][0]["outputFacets"] == {}


def test_a_bigquery_job_is_named_with_its_project_and_location() -> None:
    response = {"project_id": "acme", "location": "EU", "job_id": "j-1"}

    _, last = told(MODEL.unique_id, RAW, MODEL, adapter_response=response)

    assert run_facet(last, "externalQuery")["externalQueryId"] == "acme:EU.j-1"


def test_a_failure_brings_dbts_message_without_colours() -> None:
    _, last = told(
        MODEL.unique_id, RAW, MODEL, status=NodeStatus.ERROR, message="\x1b[31mBinder Error\x1b[0m"
    )

    assert last["eventType"] == "FAIL"
    assert run_facet(last, "errorMessage") == {
        "message": "Binder Error",
        "programmingLanguage": "SQL",
    }


def test_a_skipped_node_is_aborted_with_a_reason() -> None:
    _, last = told(MODEL.unique_id, RAW, MODEL, status=NodeStatus.SKIPPED)

    assert last["eventType"] == "ABORT"
    assert "skipped" in run_facet(last, "errorMessage")["message"]


def test_a_secret_in_a_message_is_masked() -> None:
    _, last = told(
        MODEL.unique_id, RAW, MODEL, status=NodeStatus.ERROR, message="login with s3cr3t-value"
    )

    assert run_facet(last, "errorMessage")["message"] == "login with *****"


def test_the_invocation_is_the_parent_and_the_orchestrator_the_root() -> None:
    above = RunReference(
        run_id="00000000-0000-4000-8000-000000000001", job_namespace="dagster", job_name="nightly"
    )

    _, last = told(MODEL.unique_id, RAW, MODEL, run={"parent": above})

    parent = run_facet(last, "parent")
    assert parent["run"]["runId"] == context().invocation_run_id
    assert parent["job"]["name"] == "shop.dbt"
    assert parent["root"]["run"]["runId"] == above.run_id


def test_without_an_orchestrator_the_invocation_is_the_root() -> None:
    events = Emitting(RAW).tell(START, finished(RAW.unique_id), END)

    invocation = [event for event in events if event["job"]["name"] == "shop.dbt"]
    roots = [run_facet(event, "parent")["root"] for event in events if event not in invocation]

    assert {root["run"]["runId"] for root in roots} == {context().invocation_run_id}
    assert all("parent" not in event["run"]["facets"] for event in invocation)


def test_the_span_of_the_node_is_named() -> None:
    above = TraceParent(trace_id="a" * 32, span_id="b" * 16, sampled=False)

    first, _ = told(MODEL.unique_id, RAW, MODEL, run={"trace_parent": above})

    span = context(trace_parent=above).node_span_id(MODEL.unique_id)
    assert run_facet(first, "floe_traceContext") == {
        "traceId": "a" * 32,
        "spanId": span,
        "traceparent": f"00-{'a' * 32}-{span}-00",
    }


def test_the_time_that_was_planned_is_told() -> None:
    _, last = told(
        MODEL.unique_id,
        RAW,
        MODEL,
        run={"nominal_start": NOON, "nominal_end": NOON + timedelta(days=1)},
    )

    assert run_facet(last, "nominalTime") == {
        "nominalStartTime": "2026-01-02T12:00:00.000Z",
        "nominalEndTime": "2026-01-03T12:00:00.000Z",
    }


def test_the_engine_is_dbt_in_its_version() -> None:
    first, _ = told(MODEL.unique_id, RAW, MODEL)

    assert run_facet(first, "processing_engine")["version"] == "1.11.0"
    assert run_facet(first, "floe_dbtRun")["dbtInvocationId"] == "i"


def test_the_jobs_that_make_the_inputs_are_dependencies() -> None:
    source = node("source.shop.lake.x")
    reader = node("model.shop.r", "seed.shop.raw", "source.shop.lake.x")

    first, _ = told(reader.unique_id, RAW, source, reader)

    upstream = run_facet(first, "jobDependencies")["upstream"]
    assert [item["job"]["name"] for item in upstream] == ["shop.seed.raw"]


def test_the_sql_leaves_with_its_dialect_unless_it_must_not() -> None:
    _, open_ = told(MODEL.unique_id, RAW, MODEL, compiled_code="select 1\n")
    _, shut = told(
        MODEL.unique_id,
        RAW,
        MODEL,
        compiled_code="select 1",
        emitting={"capture_sql": False},
    )

    sql = open_["job"]["facets"]["sql"]
    assert (sql["query"], sql["dialect"]) == ("select 1", "duckdb")
    assert "sql" not in shut["job"]["facets"]
    assert "select 1" not in str(shut)


def test_a_dataset_says_all_that_the_project_says_of_it() -> None:
    _, last = told(MODEL.unique_id, RAW, MODEL)

    facets = last["outputs"][0]["facets"]
    field = facets["schema"]["fields"][0]
    tags = {(tag["key"], tag["value"], tag.get("field")) for tag in facets["tags"]["tags"]}
    assert facets["documentation"]["description"] == "All people."
    assert facets["ownership"]["owners"][0]["name"] == "team-a"
    assert facets["datasetType"]["datasetType"] == "TABLE"
    assert facets["dataSource"]["uri"] == "duckdb:///data/shop.duckdb"
    assert facets["lifecycleStateChange"]["lifecycleStateChange"] == "OVERWRITE"
    assert (field["name"], field["type"], field["description"]) == (
        "email",
        "text",
        "Where to write to.",
    )
    assert tags == {
        ("daily", "true", None),
        ("tier", "1", None),
        ("contact", "true", "email"),
        ("unit", "none", "email"),
        ("classification", "pii", "email"),
        ("sensitivity", "medium", "email"),
        ("pii_type", "email", "email"),
    }


def test_a_job_says_who_owns_it_and_what_it_is() -> None:
    first, _ = told(MODEL.unique_id, RAW, MODEL)

    facets = first["job"]["facets"]
    assert facets["jobType"]["jobType"] == "MODEL"
    assert facets["ownership"]["owners"][0]["name"] == "team-a"
    assert facets["documentation"]["description"] == "All people."
    assert facets["floe_dbtNode"]["uniqueId"] == "model.shop.people"
    assert {tag["key"] for tag in facets["tags"]["tags"]} == {"daily", "tier"}


@pytest.mark.parametrize(
    ("config", "layer", "file_format"),
    [
        ({"file_format": "delta"}, "delta", None),
        ({"table_format": "iceberg", "file_format": "parquet"}, "iceberg", "parquet"),
    ],
)
def test_a_lake_table_says_how_it_is_stored(
    config: dict[str, str], layer: str, file_format: str | None
) -> None:
    _, last = told("model.shop.lake", node("model.shop.lake", config=config))

    storage = last["outputs"][0]["facets"]["storage"]
    assert (storage["storageLayer"], storage.get("fileFormat")) == (layer, file_format)


def test_a_view_is_a_view_and_an_incremental_run_does_not_replace_a_table() -> None:
    growing = node("model.shop.g", config={"materialized": "incremental"})
    view = node("model.shop.v", config={"materialized": "view"})

    _, grown = told(growing.unique_id, growing)
    _, seen = told(view.unique_id, view)

    assert "lifecycleStateChange" not in grown["outputs"][0]["facets"]
    assert grown["outputs"][0]["facets"]["datasetType"]["datasetType"] == "TABLE"
    assert seen["outputs"][0]["facets"]["datasetType"]["datasetType"] == "VIEW"


def test_a_classified_column_stands_under_both_keys_in_one_shape() -> None:
    email = ColumnClassification(column_name="email", classification="pci", sensitivity="high")
    plain = node("model.shop.people")

    _, last = told(
        plain.unique_id,
        plain,
        emitting={"governance": Governance(classifications={"people": (email,)})},
    )

    facets = last["outputs"][0]["facets"]
    assert facets["floe_columnClassifications"] == facets["columnClassifications"]
    assert facets["columnClassifications"]["classifications"] == {
        "email": {"classification": "pci", "sensitivity": "high"}
    }
    assert "ColumnLineage" not in facets["columnClassifications"]["_schemaURL"]


def test_an_input_says_what_its_columns_hold_too() -> None:
    reader = node("model.shop.r", "model.shop.people")

    first, _ = told(reader.unique_id, MODEL, reader)

    assert "email" in first["inputs"][0]["facets"]["columnClassifications"]["classifications"]


@pytest.mark.parametrize(
    ("status", "success", "result"),
    [
        (NodeStatus.PASS, True, "pass"),
        (NodeStatus.FAIL, False, "fail"),
        (NodeStatus.WARN, False, "fail"),
        (NodeStatus.ERROR, False, "fail"),
    ],
)
def test_a_test_tells_its_result_at_its_end_only(
    status: NodeStatus, *, success: bool, result: str
) -> None:
    first, last = told(TEST.unique_id, MODEL, TEST, status=status, failures=3)

    (assertion,) = last["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert first["inputs"][0]["inputFacets"] == {}
    assert "test" not in first["run"]["facets"]
    assert assertion["success"] is success
    assert (assertion["assertion"], assertion["column"]) == ("not_null", "email")
    assert (assertion["severity"], assertion["expected"], assertion["actual"]) == ("warn", "0", "3")
    assert run_facet(last, "test")["tests"][0]["status"] == result
    assert last["outputs"] == []


def test_a_test_that_was_not_executed_asserts_nothing() -> None:
    _, last = told(TEST.unique_id, MODEL, TEST, status=NodeStatus.SKIPPED)

    assert last["inputs"][0]["inputFacets"] == {}
    assert run_facet(last, "test")["tests"][0]["status"] == "skip"


def test_the_freshness_of_a_source_is_a_test_of_it() -> None:
    source = node("source.shop.lake.x", identifier="raw_x")

    _, last = told(source.unique_id, source, status=NodeStatus.ERROR)

    (assertion,) = last["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert last["job"]["facets"]["jobType"]["jobType"] == "FRESHNESS"
    assert last["inputs"][0]["name"] == "shop.main.raw_x"
    assert (assertion["assertion"], assertion["success"]) == ("freshness", False)
    assert last["outputs"] == []


def test_a_unit_test_has_a_result() -> None:
    unit = node("unit_test.shop.people.t", "model.shop.people", name="t")

    _, last = told(unit.unique_id, MODEL, unit, status=NodeStatus.PASS)

    assert run_facet(last, "test")["tests"][0]["type"] == "unit_test"
    assert [item["name"] for item in last["inputs"]] == ["shop.main.people"]


def test_the_code_is_found_at_its_commit_without_credentials(tmp_path: Any) -> None:
    project = repository(tmp_path, "https://me:s3cr3t@github.com/acme/shop.git")
    located = profile().of(
        namespace="floe",
        producer="floe-dagster",
        dataset_names=profile().dataset_names,
        project_dir=project,
    )

    _, last = told(MODEL.unique_id, RAW, MODEL, emitting={"repository": located.repository})

    place = last["job"]["facets"]["sourceCodeLocation"]
    assert place["url"] == (
        f"https://github.com/acme/shop/blob/{'a' * 40}/dbt/shop/models/people.sql"
    )
    assert place["path"] == "dbt/shop/models/people.sql"
    assert place["version"] == "a" * 40
    assert "s3cr3t" not in str(last)


def everything() -> list[dict[str, Any]]:
    unit = node("unit_test.shop.people.t", "model.shop.people", name="t")
    source = node("source.shop.lake.x")
    nodes = (RAW, MODEL, TEST, unit, source)
    return Emitting(*nodes, columns=True).tell(
        START,
        finished(RAW.unique_id, rows_affected=3),
        finished(MODEL.unique_id, compiled_code="select id as email from shop.main.raw"),
        finished(TEST.unique_id, status=NodeStatus.FAIL, failures=2, message="Got 2 results"),
        finished(unit.unique_id, status=NodeStatus.SKIPPED),
        finished(source.unique_id, status=NodeStatus.PASS),
        started("operation.shop.shop-on-run-end-0"),
        InvocationFinished(at=NOON + timedelta(seconds=9), exit_code=1, message="1 error"),
        run=context(nominal_start=NOON),
    )


def test_the_rules_of_the_specification_are_kept() -> None:
    assert breaches(everything()) == []


@needs_specification
def test_every_event_is_valid_by_the_official_schemas() -> None:
    assert [error for event in everything() for error in schema_errors(event)] == []


def test_every_facet_names_an_immutable_schema() -> None:
    urls = {facet["_schemaURL"] for event in everything() for _, _, facet in facets_of(event)}

    assert all(re.search(r"/\d+-\d+-\d+/\w+\.json#/\$defs/\w+$", url) for url in urls)


@needs_contract
def test_the_contracts_simplified_schema_accepts_what_it_has_members_for() -> None:
    import json

    from jsonschema import Draft202012Validator, FormatChecker

    schema = json.loads(CONTRACT_SCHEMA.read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema, format_checker=FormatChecker())

    projected = [projection(event) for event in everything()]

    assert [error.message for event in projected for error in validator.iter_errors(event)] == []


def projection(event: dict[str, Any]) -> dict[str, Any]:
    """Drop the members that the official schema has and the contract's forbids."""
    sides = {
        side: [
            {name: dataset[name] for name in ("namespace", "name", "facets")}
            for dataset in event[side]
        ]
        for side in ("inputs", "outputs")
    }
    return {name: value for name, value in event.items() if name != "schemaURL"} | sides
