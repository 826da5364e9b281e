"""A real project of names that Dagster does not take: it loads, and it runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import (
    AssetKey,
    AssetsDefinition,
    AssetSelection,
    AssetSpec,
    DagsterInstance,
    Definitions,
    define_asset_job,
)

from floe.entrypoints.project import open_project

pytestmark = [pytest.mark.engine]

_CONTRACT = """
name: odd
version: "1.0.0"
compute: {target: duckdb, properties: {path: warehouse.duckdb}}
transforms: [{type: dbt, path: .}]
"""
_PROJECT = """
name: odd
profile: floe
flags: {send_anonymous_usage_stats: false}
on-run-start: >
  create table if not exists main."visits of-all" as select now()::timestamp as loaded_at
"""
_MODELS = {
    "größe": "select 1 as id, 'a' as \"späße\"",
    "plain": "select id from {{ ref('größe') }}",
    "hyphen": "{{ config(schema='my-marts', alias='facts') }} select id from {{ ref('plain') }}",
    "dim_v1": "select 1 as id",
    "dim_v2": "select 1 as id, 2 as more",
    "inner_one": "{{ config(materialized='ephemeral') }} select id from {{ ref('dim', v=2) }}",
    "outer_one": "select id from {{ ref('inner_one') }}",
}
_PROPERTIES = """
groups:
  - name: "team-a b/c"
    owner: {name: "Team A, the first"}
sources:
  - name: web-shop
    schema: main
    config: {loaded_at_field: loaded_at, freshness: {error_after: {count: 1, period: day}}}
    tables: [{name: "visits of-all"}]
models:
  - name: größe
    description: "Größe — 测试"
    config:
      tags: ["nightly run", team/orders/x, dagster/kind/evil, ümlaut, "", "a: b", "x,y"]
      meta: {floe: null, owner: Plain Text Owner}
    columns:
      - name: id
        config: {tags: [with space, a/b/c], meta: {floe: {classification: 3, pii_type: 7}}}
        data_tests: [unique, {not_null: {name: größe_ist-da}}]
      - name: späße
        config: {meta: {floe: null}}
  - name: plain
    config:
      group: "team-a b/c"
      access: protected
      meta: {floe: {owner: 42}, dagster: null, owner: [a, 7, null]}
  - name: hyphen
    config:
      meta:
        dagster:
          owners: [not an email, x@example.org, "team:fine"]
          group: mixed group!
          partitions: {type: daily, start: "2026-01-01"}
          automation_condition: eager
  - name: dim
    latest_version: 2
    config: {meta: {floe: [1, 2]}}
    versions: [{v: 1}, {v: 2}]
exposures:
  - name: board
    label: Brett ü
    type: dashboard
    owner: {name: Some One}
    tags: [ex po]
    meta: {floe: null}
    depends_on: [ref('hyphen'), ref('inner_one')]
"""
HYPHEN = AssetKey(["my-marts", "hyphen"])


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    folder = tmp_path_factory.mktemp("odd")
    (folder / "models").mkdir()
    (folder / "floe.yaml").write_text(_CONTRACT, encoding="utf-8")
    (folder / "dbt_project.yml").write_text(_PROJECT, encoding="utf-8")
    (folder / "models/properties.yml").write_text(_PROPERTIES, encoding="utf-8")
    for name, sql in _MODELS.items():
        (folder / f"models/{name}.sql").write_text(sql, encoding="utf-8")
    return open_project(folder / "floe.yaml").definitions()


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as found:
        yield found


def specs_of(definitions: Definitions) -> dict[str, AssetSpec]:
    """Return the name in dbt, or the key where that is the same, and the asset."""
    specs: list[AssetSpec] = []
    for item in definitions.assets or ():
        specs.extend(item.specs if isinstance(item, AssetsDefinition) else ())
        specs.extend([item] if isinstance(item, AssetSpec) else ())
    return {str(spec.metadata.get("floe/name", spec.key.to_user_string())): spec for spec in specs}


def test_every_oddity_loads_and_is_shown_as_near_as_dagster_allows(
    definitions: Definitions,
) -> None:
    specs = specs_of(definitions)

    odd, plain, hyphen = specs["größe"], specs["plain"], specs["my-marts/hyphen"]
    assert odd.owners == ["team:Plain Text Owner"]
    assert {"nightly_run", "team_orders_x", "dagster_kind_evil", "umlaut"} <= odd.tags.keys()
    assert odd.metadata["floe/classifications"].value == {
        "id": {"classification": "3", "pii_type": "7"}
    }
    assert str(odd.description).startswith("Größe — 测试")
    assert (plain.group_name, plain.owners) == ("team_a_b_c", ["team:a"])
    assert [dep.asset_key for dep in plain.deps] == [odd.key]
    assert hyphen.owners == ["team:not an email", "x@example.org", "team:fine"]
    assert hyphen.partitions_def is not None
    assert hyphen.automation_condition is not None
    assert specs["dim_v2"].metadata["floe/version"] == "2"
    assert [dep.asset_key for dep in specs["outer_one"].deps] == [AssetKey("dim_v2")]
    board = specs["exposures/board"]
    assert board.owners == ["team:Some One"]
    assert {dep.asset_key for dep in board.deps} == {hyphen.key, AssetKey("dim_v2")}


def test_every_oddity_runs(definitions: Definitions, instance: DagsterInstance) -> None:
    everything = AssetSelection.all() | AssetSelection.all_asset_checks()
    everything_else = everything - AssetSelection.assets(HYPHEN)
    jobs = Definitions(
        jobs=[
            define_asset_job("unpartitioned", everything_else),
            define_asset_job("by_day", AssetSelection.assets(HYPHEN)),
        ]
    )
    merged = Definitions.merge(definitions, jobs)

    first = merged.resolve_job_def("unpartitioned").execute_in_process(instance=instance)
    second = merged.resolve_job_def("by_day").execute_in_process(
        instance=instance, partition_key="2026-01-05"
    )

    made = {event.asset_key for event in first.get_asset_materialization_events()}
    checked = {check.check_name: check.passed for check in first.get_asset_check_evaluations()}
    assert len(made) == 5
    assert len(checked) == 3
    assert all(checked.values()), checked
    (partition,) = [event.partition for event in second.get_asset_materialization_events()]
    assert partition == "2026-01-05"


def test_two_projects_share_a_code_location(definitions: Definitions, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "floe.yaml").write_text(_CONTRACT.replace("odd", "even"), encoding="utf-8")
    (tmp_path / "dbt_project.yml").write_text("name: even\nprofile: floe\n", encoding="utf-8")
    (tmp_path / "models/even.sql").write_text("select 2 as id", encoding="utf-8")

    both = Definitions.merge(definitions, open_project(tmp_path / "floe.yaml").definitions())

    keys = both.resolve_asset_graph().get_all_asset_keys()
    assert {AssetKey("even"), HYPHEN} <= set(keys)
