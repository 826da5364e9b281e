"""Hooks, freshness, batches and projects that do not compile: what a backend hears of them."""

from pathlib import Path
from typing import Any

import pytest

from floe.domain.model.run import DbtVerb
from floe.testing.openlineage_rules import breaches
from tests.integration.openlineage.run_project import Bakery, Told, output_of
from tests.unit.adapters.openlineage.official import needs_specification, schema_errors

pytestmark = pytest.mark.engine

PROJECT = Path(__file__).parent / "every_kind"
THREE_DAYS = ("--event-time-start=2026-01-01", "--event-time-end=2026-01-04")


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Bakery:
    bakery = Bakery(tmp_path_factory.mktemp("every_kind"), PROJECT)
    bakery.dbt(DbtVerb.SEED)
    return bakery


@pytest.fixture(scope="module")
def run(bakery: Bakery) -> Told:
    return bakery.observed(DbtVerb.RUN, arguments=THREE_DAYS)


@pytest.fixture(scope="module")
def fresh(bakery: Bakery) -> Told:
    return bakery.observed(DbtVerb.SOURCE_FRESHNESS)


@pytest.fixture(scope="module")
def uncompilable(bakery: Bakery) -> Told:
    return bakery.observed(DbtVerb.RUN, variables={"uncompilable": True})


def job_type(event: dict[str, Any]) -> str:
    return str(event["job"]["facets"]["jobType"]["jobType"])


def test_hooks_are_jobs_without_datasets(run: Told) -> None:
    hooks = {
        name: (job_type(event), event["inputs"], event["outputs"])
        for name, event in run.ends().items()
        if ".operation." in name
    }

    assert hooks == {
        "bakery.operation.bakery-on-run-start-0": ("OPERATION", [], []),
        "bakery.operation.bakery-on-run-end-0": ("OPERATION", [], []),
    }


def test_batches_that_went_wrong_make_the_one_end_of_their_model_a_failure(run: Told) -> None:
    ends = [
        event
        for event in run.events
        if event["job"]["name"] == "bakery.model.daily" and event["eventType"] != "START"
    ]

    (end,) = ends
    assert end["eventType"] == "FAIL"
    assert end["run"]["facets"]["floe_dbtRun"]["nodeStatus"] == "partial success"
    assert end["run"]["facets"]["errorMessage"]["message"]


def test_the_sql_of_a_model_in_batches_is_that_of_the_last_one_that_was_compiled(
    run: Told,
) -> None:
    sql = run.ends("FAIL")["bakery.model.daily"]["job"]["facets"]["sql"]

    assert "2026-01-03" in sql["query"]


def test_what_the_project_says_of_a_model_is_on_its_job_and_its_dataset(run: Told) -> None:
    daily = run.ends("FAIL")["bakery.model.daily"]
    job, made = daily["job"]["facets"], output_of(daily)["facets"]

    for facets in (job, made):
        assert facets["ownership"]["owners"] == [{"name": "till@bakery.example", "type": "OWNER"}]
        assert facets["documentation"]["description"] == "What was sold on each day."
        tags = {(tag["key"], tag["value"]) for tag in facets["tags"]["tags"]}
        assert {("nightly", "true"), ("tier", "1")} <= tags
    assert ("money", "amount") in {(tag["key"], tag.get("field")) for tag in made["tags"]["tags"]}


def test_a_source_is_read_by_the_name_that_it_has_in_the_warehouse(run: Told) -> None:
    (read,) = run.ends("FAIL")["bakery.model.daily"]["inputs"]

    assert read["name"] == "bakery.main.raw_sales"


def test_the_freshness_of_a_source_is_a_test_of_it(fresh: Told) -> None:
    (end,) = (event for name, event in fresh.ends().items() if ".source." in name)
    (test,) = end["run"]["facets"]["test"]["tests"]
    (read,) = end["inputs"]

    assert job_type(end) == "FRESHNESS"
    assert (test["type"], test["status"]) == ("freshness", "fail")
    assert read["name"] == "bakery.main.raw_sales"
    assert end["outputs"] == []


def test_a_project_that_does_not_compile_fails_with_the_words_of_dbt(uncompilable: Told) -> None:
    start, end = uncompilable.events

    assert (start["eventType"], end["eventType"]) == ("START", "FAIL")
    assert end["job"]["name"] == "bakery.dbt"
    assert "no such shelf" in end["run"]["facets"]["errorMessage"]["message"]


@needs_specification
@pytest.mark.parametrize("story", ["run", "fresh", "uncompilable"])
def test_the_rules_and_the_schemas_hold(story: str, request: pytest.FixtureRequest) -> None:
    told: Told = request.getfixturevalue(story)

    assert breaches(told.events) == []
    assert [error for event in told.events for error in schema_errors(event)] == []
