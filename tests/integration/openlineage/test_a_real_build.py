"""What a backend hears of a real dbt build on a real warehouse, against the warehouse itself."""

import json
from typing import Any

import pytest

from floe.adapters.openlineage.canonical import canonical
from floe.adapters.openlineage.design_time import design_events
from floe.adapters.openlineage.profile import EventProfile
from floe.domain.model.identity import node_job_name
from floe.domain.model.node_event import NodeFinished
from floe.domain.model.pipeline import Governance
from floe.domain.model.run import DbtVerb
from floe.domain.model.value import utc_now
from floe.testing.openlineage_rules import breaches, event_breaches
from tests.integration.openlineage.run_project import DAGSTER_RUN, Bakery, Told, output_of
from tests.unit.adapters.openlineage.official import needs_specification, schema_errors

pytestmark = pytest.mark.engine

EDGES = {
    ("raw_customers", "stg_customers"),
    ("raw_orders", "stg_orders"),
    ("raw_payments", "stg_payments"),
    ("stg_customers", "customers"),
    ("stg_orders", "customers"),
    ("stg_payments", "customers"),
    ("stg_orders", "orders"),
    ("stg_payments", "orders"),
}
"""The eight edges between the eight tables of the shop itself."""
SHOP = {name for edge in EDGES for name in edge}


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Bakery:
    bakery = Bakery(tmp_path_factory.mktemp("bakery"))
    bakery.dbt(DbtVerb.PARSE)
    return bakery


@pytest.fixture(scope="module")
def built(bakery: Bakery) -> Told:
    return bakery.observed(DbtVerb.BUILD, exclude=("breaks+",))


@pytest.fixture(scope="module")
def failed(bakery: Bakery, built: Told) -> Told:
    assert built.events
    return bakery.observed(DbtVerb.RUN, select=("breaks+",))


def table(dataset: dict[str, Any]) -> str:
    return str(dataset["name"]).rsplit(".", maxsplit=1)[-1]


def test_every_edge_between_tables_is_there(built: Told) -> None:
    edges = {
        (table(read), table(made))
        for event in built.ends().values()
        for read in event["inputs"]
        for made in event["outputs"]
    }

    assert {edge for edge in edges if SHOP.issuperset(edge)} == EDGES
    made = {table(item) for event in built.ends().values() for item in event["outputs"]}
    assert made >= SHOP
    assert len(SHOP) == 8


def test_rows_that_were_read_are_told_where_the_run_has_counted_them(built: Told) -> None:
    counted = [
        (table(read), table(event["outputs"][0]), told["rowCount"])
        for event in built.ends().values()
        for read in event["inputs"]
        if (told := read["inputFacets"].get("inputStatistics"))
    ]

    assert counted == [("customers", "odd_names", 3)]


def test_an_ephemeral_model_gives_way_to_what_it_reads(built: Told) -> None:
    odd = built.ends()["bakery.model.odd_names"]

    assert [table(read) for read in odd["inputs"]] == ["raw_customers", "customers"]


def test_no_dataset_is_told_that_the_warehouse_does_not_have(built: Told, bakery: Bakery) -> None:
    told = {
        dataset["name"]
        for event in built.events
        for side in ("inputs", "outputs")
        for dataset in event[side]
    }

    assert told <= bakery.tables().keys()


def test_the_columns_and_types_of_every_relation_are_those_of_the_warehouse(
    built: Told, bakery: Bakery
) -> None:
    made = [output_of(event) for event in built.ends().values() if event["outputs"]]

    told = {
        item["name"]: [
            (field["name"], field.get("type")) for field in item["facets"]["schema"]["fields"]
        ]
        for item in made
    }

    tables = bakery.tables()
    assert told == {name: list(tables[name].items()) for name in told}
    assert len(told) == 12


def test_every_column_of_every_model_and_snapshot_has_its_lineage(
    built: Told, bakery: Bakery
) -> None:
    made = [
        output_of(event)
        for name, event in built.ends().items()
        if ".model." in name or ".snapshot." in name
    ]

    told = {
        item["name"]: sorted(item["facets"].get("columnLineage", {}).get("fields", {}))
        for item in made
    }

    tables = bakery.tables()
    assert told == {name: sorted(tables[name]) for name in told}


def test_a_column_is_traced_through_views_to_the_relation_it_was_read_from(built: Told) -> None:
    facet = output_of(built.ends()["bakery.model.customers"])["facets"]["columnLineage"]

    spent = facet["fields"]["Customer_Lifetime_Value"]["inputFields"]

    assert [(item["name"], item["field"]) for item in spent] == [
        ("bakery.main.stg_payments", "amount")
    ]
    assert [item["subtype"] for item in spent[0]["transformations"]] == ["AGGREGATION"]
    assert {item["field"] for item in facet["dataset"]} == {"customer_id", "order_id"}


def test_a_classification_travels_until_it_is_masked(built: Told) -> None:
    facets = output_of(built.ends()["bakery.model.customers"])["facets"]

    classified = facets["floe_columnClassifications"]["classifications"]

    assert classified == {
        "contact": {"classification": "pii", "pii_type": "email", "sensitivity": "high"}
    }


def test_a_relationships_test_is_about_the_table_it_is_written_at(built: Told) -> None:
    ends = built.ends()
    name = next(name for name in ends if "relationships_customers" in name)

    (read,) = ends[name]["inputs"]

    (assertion,) = read["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert table(read) == "customers"
    assert (assertion["assertion"], assertion["column"]) == ("relationships", "customer_id")
    assert assertion["success"] is True
    assert ends[name]["outputs"] == []


def test_all_that_dbt_compiled_is_told_with_its_end(built: Told) -> None:
    sql = {
        name: event["job"]["facets"].get("sql")
        for name, event in built.ends().items()
        if name.split(".")[1] in {"model", "snapshot", "test", "unit_test"}
    }

    assert {facet and facet["dialect"] for facet in sql.values()} == {"duckdb"}
    assert "stg_customers" in sql["bakery.snapshot.customers_history"]["query"]


def test_every_kind_of_test_has_its_result(built: Told) -> None:
    results = {
        event["run"]["facets"]["test"]["tests"][0]["type"]
        for event in built.ends().values()
        if "test" in event["run"]["facets"]
    }

    assert results == {"unique", "not_null", "relationships", "custom_sql", "unit_test"}


def test_nodes_are_under_dbt_and_dbt_under_the_orchestrator(built: Told) -> None:
    invocation = built.ends()["bakery.dbt"]
    parents = {
        event["run"]["facets"]["parent"]["run"]["runId"]
        for name, event in built.ends().items()
        if name != "bakery.dbt"
    }
    roots = {
        event["run"]["facets"]["parent"]["root"]["run"]["runId"] for event in built.ends().values()
    }

    assert parents == {invocation["run"]["runId"]}
    assert roots == {DAGSTER_RUN.run_id}
    assert invocation["run"]["facets"]["parent"]["job"]["name"] == "nightly"


def test_a_failure_says_why_and_what_was_skipped_says_so(failed: Told) -> None:
    broken = failed.ends("FAIL")["bakery.model.breaks"]
    skipped = failed.ends("ABORT")["bakery.model.after_breaks"]

    message = broken["run"]["facets"]["errorMessage"]["message"]
    assert "no_such_column" in message
    assert "\x1b" not in message
    assert skipped["run"]["facets"]["errorMessage"]["message"]
    assert "bakery.dbt" in failed.ends("FAIL")


def test_messages_hold_no_path_of_the_machine(failed: Told, bakery: Bakery) -> None:
    messages = [
        event["run"]["facets"]["errorMessage"]["message"]
        for event in failed.events
        if "errorMessage" in event["run"]["facets"]
    ]

    assert not [text for text in messages if str(bakery.directory) in text]


@pytest.mark.parametrize("run", ["built", "failed"])
def test_the_rules_of_the_specification_are_kept(run: str, request: pytest.FixtureRequest) -> None:
    told: Told = request.getfixturevalue(run)

    assert breaches(told.events) == []


@needs_specification
@pytest.mark.parametrize("run", ["built", "failed"])
def test_every_event_and_facet_is_valid_by_the_official_schemas(
    run: str, request: pytest.FixtureRequest
) -> None:
    told: Told = request.getfixturevalue(run)

    assert [error for event in told.events for error in schema_errors(event)] == []


def test_every_node_starts_and_ends(built: Told, failed: Told) -> None:
    for told in (built, failed):
        started = [event["job"]["name"] for event in told.events if event["eventType"] == "START"]
        ended = [event["job"]["name"] for event in told.events if event["eventType"] != "START"]
        by_dbt = [event.unique_id for event in told.seen if isinstance(event, NodeFinished)]
        names = sorted(["bakery.dbt", *map(node_job_name, by_dbt)])
        assert sorted(started) == names
        assert sorted(ended) == names


def test_dbt_has_run_every_node_of_the_project(built: Told) -> None:
    ran = {event.unique_id for event in built.seen if isinstance(event, NodeFinished)}
    nodes = {
        unique_id
        for unique_id, node in built.graph.nodes.items()
        if node.resource_type != "source" and not node.is_ephemeral
    }

    assert nodes - ran == {"model.bakery.breaks", "model.bakery.after_breaks"}


@needs_specification
def test_the_whole_project_can_be_told_before_it_runs(bakery: Bakery, built: Told) -> None:
    columns = bakery.columns(built.graph, Governance())
    profile = EventProfile.of(namespace="floe", producer="floe-dagster", dataset_names=bakery.names)

    events = [
        json.loads(canonical(event))
        for _, event in design_events(built.graph, profile, columns.work_out, utc_now())
    ]

    datasets = {event["dataset"]["name"] for event in events if "dataset" in event}
    assert datasets - set(bakery.tables()) == {
        "bakery.main.breaks",
        "bakery.main.after_breaks",
    }
    told = {event["job"]["name"]: event for event in events if "job" in event}
    window = built.ends()["bakery.exposure.shop_window"]
    assert told["bakery.exposure.shop_window"]["job"] == window["job"]
    assert {table(read) for read in window["inputs"]} == {"orders", "customers"}
    assert [error for event in events for error in schema_errors(event)] == []
    assert [breach for event in events for breach in event_breaches(event)] == []
