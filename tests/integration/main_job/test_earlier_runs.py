"""What a run may lean on: the last run, to run again what failed in it, and another state."""

from pathlib import Path

import pytest

from tests.integration.main_job.conftest import Shop

_CONTRACT = """
name: tides
version: "1.0.0"
compute: {target: duckdb, properties: {path: warehouse.duckdb}}
transforms: [{type: dbt, path: ./dbt}]
"""
_SETTINGS = "lineage: {kind: file, path: .floe/lineage.jsonl}\norchestrator: direct\n"
_PROJECT = "name: tides\nprofile: floe\nflags: {send_anonymous_usage_stats: false}\n"
_MODELS = {
    "gauges": "{{ config(materialized='table') }} select 1 as id",
    "levels": "select id + {{ var('offset') }} as level from {{ ref('gauges') }}",
    "alarms": "select * from {{ ref('levels') }} where level > 3",
}


@pytest.fixture
def tides(tmp_path: Path) -> Shop:
    """Return a project of three models in a row; the second needs the variable ``offset``."""
    (tmp_path / "dbt/models").mkdir(parents=True)
    (tmp_path / "floe.yaml").write_text(_CONTRACT)
    (tmp_path / "floe.settings.yaml").write_text(_SETTINGS)
    (tmp_path / "dbt/dbt_project.yml").write_text(_PROJECT)
    for name, sql in _MODELS.items():
        (tmp_path / f"dbt/models/{name}.sql").write_text(sql)
    return Shop(tmp_path)


def test_a_retry_runs_what_failed_and_what_was_skipped_for_it_as_a_run_of_its_own(
    tides: Shop,
) -> None:
    failed = tides.floe("run", "--vars", "{offset: nowhere}", "--output", "plain")
    assert failed.code == 1
    before = tides.events
    model = tides.folder / "dbt/models/levels.sql"
    model.write_text(model.read_text().replace("var('offset')", "(var('offset') | length)"))

    again = tides.floe("retry", "--output", "plain", "--orchestrator", "dagster")
    nothing = tides.floe("retry", "--output", "plain")

    assert again.code == 0, again.err
    assert "levels" in again.err
    assert "alarms" in again.err
    assert "gauges" not in again.err
    told = tides.events[len(before) :]
    assert {event["run"]["runId"] for event in told}.isdisjoint(
        event["run"]["runId"] for event in before
    )
    assert [event["eventType"] for event in told].count("START") * 2 == len(told)
    assert nothing.code == 0, nothing.err


def test_a_retry_without_a_run_before_is_2_and_says_where_it_looked(tides: Shop) -> None:
    ended = tides.floe("retry")

    assert ended.code == 2
    assert str(Path("dbt/target/run_results.json")) in ended.err
    assert "floe run" in ended.err


def test_what_is_not_built_here_is_read_from_the_state_that_is_named(tides: Shop) -> None:
    prod = ("--target", "prod", "--vars", "{offset: 3}", "--output", "plain")
    (tides.folder / "floe.yaml").write_text(
        _CONTRACT.replace("warehouse.duckdb}", "warehouse.duckdb, schema: prod}")
    )
    assert tides.floe("run", *prod).code == 0
    (tides.folder / "dbt/target").rename(tides.folder / "prod-state")
    (tides.folder / "floe.yaml").write_text(
        _CONTRACT.replace("warehouse.duckdb}", "warehouse.duckdb, schema: dev}")
    )
    model = tides.folder / "dbt/models/alarms.sql"
    model.write_text(model.read_text().replace("> 3", "> 2"))
    changed = ("run", "-s", "state:modified+", "--vars", "{offset: 3}", "--output", "plain")

    deferred = tides.floe(*changed, "--state", "prod-state", "--defer")
    alone = tides.floe(*changed, "--state", "prod-state")
    with (tides.folder / "floe.settings.yaml").open("a") as settings:
        settings.write("defer: {state_path: prod-state}\n")
    by_settings = tides.floe(*changed)
    missing = tides.floe("run", "--state", "nowhere", "--defer")

    assert deferred.code == 0, deferred.err
    assert "1/1" in deferred.err
    assert alone.code == 1
    assert "levels" in alone.err
    assert by_settings.code == 0, by_settings.err
    assert missing.code == 2
    assert str(tides.folder / "nowhere" / "manifest.json") in missing.err


@pytest.mark.parametrize("text", ["just words", "[1, 2]", "{open"])
def test_variables_that_are_no_mapping_are_2(tides: Shop, text: str) -> None:
    ended = tides.floe("run", "--vars", text)

    assert ended.code == 2
    assert "--vars" in ended.err
