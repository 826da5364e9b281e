"""Columns across a whole project: the order of the graph, sources of knowledge, the cache."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from floe.adapters.openlineage.column_lineage import ColumnLineage
from floe.adapters.openlineage.known_columns import KnownColumns
from floe.adapters.openlineage.lineage_cache import LineageCache
from floe.adapters.openlineage.sql.query import dialect_of, folds, normalized
from floe.adapters.openlineage.static_sql import static_sql
from floe.domain.model.column_lineage import OutputColumn, RelationLineage
from floe.domain.model.manifest import DbtNode
from floe.domain.model.pipeline import Governance
from tests.fakes import graph, node

META = {"email": {"name": "email", "meta": {"floe": {"classification": "pii"}}}}
SOURCE = node("source.shop.lake.raw", identifier="raw", columns=META)
STAGED = node(
    "model.shop.staged", "source.shop.lake.raw", compiled_code="select email from shop.main.raw"
)
FINAL = node(
    "model.shop.final",
    "model.shop.staged",
    compiled_code="select lower(email) as contact, md5(email) as digest from shop.main.staged",
)


def lineage(*nodes: DbtNode, adapter: str = "duckdb", **changes: Any) -> ColumnLineage:
    fields: dict[str, Any] = {"governance": Governance()}
    return ColumnLineage(graph(*nodes, adapter_type=adapter), **fields | changes)


def test_ancestors_are_worked_out_first() -> None:
    found = lineage(SOURCE, STAGED, FINAL).work_out(FINAL)

    assert found.lineage is not None
    assert {column.origins[0].unique_id for column in found.lineage.columns} == {STAGED.unique_id}
    assert found.data_types == {"contact": None, "digest": None}


def test_a_classification_travels_over_models_until_it_is_masked() -> None:
    found = lineage(SOURCE, STAGED, FINAL).work_out(FINAL)

    assert [item.column_name for item in found.classifications] == ["contact"]


def test_a_very_long_chain_of_models_is_no_problem() -> None:
    chain = [SOURCE]
    for number in range(1500):
        chain.append(node(f"model.shop.m{number}", chain[-1].unique_id))
    last = node("model.shop.last", chain[-1].unique_id, raw_code="select * from {{ ref('m1499') }}")

    found = lineage(*chain, last).work_out(last)

    assert found.lineage is not None
    assert not found.lineage.is_complete


def test_nothing_is_remembered_that_was_not_worked_out() -> None:
    columns = lineage(SOURCE, STAGED)

    assert columns.remembered(STAGED) is None
    worked_out = columns.work_out(STAGED)
    assert columns.remembered(STAGED) is worked_out


def test_other_sql_is_not_what_is_remembered() -> None:
    columns = lineage(SOURCE, STAGED)
    columns.work_out(STAGED)

    assert columns.remembered(STAGED, "select email as e from shop.main.raw") is None
    again = columns.work_out(STAGED, "select email as e from shop.main.raw")
    assert list(again.data_types) == ["e"]


def test_the_empty_line_that_a_config_block_leaves_makes_no_other_sql() -> None:
    columns = lineage(SOURCE, STAGED)
    worked_out = columns.work_out(STAGED, "select email as e from shop.main.raw")

    again = columns.remembered(STAGED, "\nselect email as e from shop.main.raw\n")
    assert again is worked_out


def test_a_changed_parent_makes_its_children_unknown() -> None:
    child = node(
        "model.shop.final", "model.shop.staged", compiled_code="select * from shop.main.staged"
    )
    columns = lineage(SOURCE, STAGED, child)
    columns.work_out(child)
    columns.work_out(STAGED, "select email, 1 as one from shop.main.raw")

    assert columns.remembered(child, child.compiled_code) is None
    assert list(columns.work_out(child).data_types) == ["email", "one"]


def test_sql_that_cannot_be_read_leaves_what_is_documented() -> None:
    odd = node("model.shop.odd", compiled_code="select from", columns={"a": {"data_type": "int"}})

    found = lineage(odd).work_out(odd)

    assert (found.lineage, found.data_types) == (None, {"a": "int"})


def test_a_python_model_has_no_column_lineage() -> None:
    script = node("model.shop.py", language="python", compiled_code="def model(dbt, s): ...")

    assert lineage(script).work_out(script).lineage is None


def test_the_warehouse_knows_best() -> None:
    known = KnownColumns("duckdb", warehouse=lambda _: {"Email": "VARCHAR", "late": "INT"})

    found = lineage(SOURCE, known=known).work_out(SOURCE)

    assert found.data_types == {"Email": "VARCHAR", "late": "INT"}


def test_the_catalog_gives_types_and_stands_in_for_what_is_not_documented(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.json"
    column = {"index": 1, "name": "email", "type": "VARCHAR"}
    entry = {"columns": {"x": {"index": 2, "name": "x", "type": "INT"}, "email": column}}
    catalog.write_text(
        json.dumps({"nodes": {STAGED.unique_id: entry}, "sources": {SOURCE.unique_id: entry}}),
        encoding="utf-8",
    )
    known = KnownColumns("duckdb", catalog_path=catalog)
    columns = lineage(SOURCE, STAGED, known=known)

    assert columns.work_out(SOURCE).data_types == {"email": "VARCHAR", "x": "INT"}
    assert columns.work_out(STAGED).data_types == {"email": "VARCHAR"}


@pytest.mark.parametrize("text", ["", "[]", '{"nodes": 1}', '{"nodes": {"a": {}}, "sources": {}}'])
def test_a_catalog_that_is_broken_is_no_catalog(tmp_path: Path, text: str) -> None:
    catalog = tmp_path / "catalog.json"
    catalog.write_text(text, encoding="utf-8")
    known = KnownColumns("duckdb", catalog_path=catalog)

    assert known.recorded(SOURCE) == {}


@pytest.mark.parametrize(
    ("adapter", "config", "expected"),
    [
        ("duckdb", {}, {"Id": None, "email": None}),
        ("duckdb", {"column_types": {"id": "int"}}, {"Id": "int", "email": None}),
        ("snowflake", {}, {"ID": None, "EMAIL": None}),
        ("snowflake", {"quote_columns": True}, {"Id": None, "email": None}),
        ("postgres", {"quote_columns": False}, {"id": None, "email": None}),
    ],
)
def test_a_seed_has_the_columns_of_its_file(
    tmp_path: Path, adapter: str, config: dict[str, Any], expected: dict[str, Any]
) -> None:
    (tmp_path / "raw.csv").write_text("﻿Id,email\n1,a\n", encoding="utf-8")
    seed = node("seed.shop.raw", original_file_path="raw.csv", config=config)
    known = KnownColumns(adapter, project_dir=tmp_path)

    assert lineage(seed, adapter=adapter, known=known).work_out(seed).data_types == expected


def test_seed_files_and_the_catalog_are_found_without_being_told(tmp_path: Path) -> None:
    (tmp_path / "raw.csv").write_text("id\n1\n", encoding="utf-8")
    seed = node("seed.shop.raw", original_file_path="raw.csv")
    column = {"index": 1, "name": "id", "type": "BIGINT"}
    catalog = {"nodes": {seed.unique_id: {"columns": {"id": column}}}}
    (tmp_path / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")

    columns = ColumnLineage(
        graph(seed, project_root=str(tmp_path)),
        governance=Governance(),
        target_path=tmp_path,
    )

    assert columns.work_out(seed).data_types == {"id": "BIGINT"}


def test_a_seed_without_its_file_has_what_is_documented(tmp_path: Path) -> None:
    seed = node("seed.shop.raw", original_file_path="raw.csv", columns={"id": {}})
    known = KnownColumns("duckdb", project_dir=tmp_path)

    assert lineage(seed, known=known).work_out(seed).data_types == {"id": None}


def test_a_snapshot_has_dbts_columns_after_its_own() -> None:
    snapshot = node(
        "snapshot.shop.history",
        "model.shop.staged",
        compiled_code="select email, email as changed from shop.main.staged",
        config={
            "unique_key": "email",
            "updated_at": "changed",
            "hard_deletes": "new_record",
            "snapshot_meta_column_names": {"dbt_valid_to": "until"},
        },
    )

    found = lineage(SOURCE, STAGED, snapshot).work_out(snapshot)

    assert found.lineage is not None
    assert list(found.data_types) == [
        "email",
        "changed",
        "dbt_scd_id",
        "dbt_updated_at",
        "dbt_valid_from",
        "until",
        "dbt_is_deleted",
    ]
    origins = {column.name: column.origins for column in found.lineage.columns}
    assert origins["dbt_scd_id"][0].transformations[0].masking
    assert origins["dbt_valid_from"][0].column == "email"
    assert origins["until"] == ()


class CompiledTo:
    """Has one SQL for every node that it is asked for in *target_path*."""

    def __init__(self, target_path: Path, code: str) -> None:
        self._target_path = target_path
        self._code = code

    def of(self, node: DbtNode, target_path: Path, since: datetime | None = None) -> str | None:
        assert since is None, f"whatever was compiled last tells the columns of {node.name}"
        return self._code if target_path == self._target_path else None


def test_sql_that_is_not_in_the_graph_is_what_dbt_compiled(tmp_path: Path) -> None:
    late = node("model.shop.late", SOURCE.unique_id)
    compiled = CompiledTo(tmp_path, "select email from shop.main.raw")

    found = lineage(SOURCE, late, target_path=tmp_path, compiled=compiled).work_out(late)

    assert list(found.data_types) == ["email"]


def test_what_was_worked_out_is_not_worked_out_again_by_the_next_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = LineageCache(tmp_path / "columns")
    first = lineage(SOURCE, STAGED, FINAL, cache=cache).work_out(FINAL)

    monkeypatch.setitem(sys.modules, "floe.adapters.openlineage.sql.lineage", None)
    second = lineage(SOURCE, STAGED, FINAL, cache=cache).work_out(FINAL)

    assert second == first


def test_a_cache_keeps_the_newest_of_a_node(tmp_path: Path) -> None:
    cache = LineageCache(tmp_path)
    for name in ("a", "b"):
        found = RelationLineage(columns=(OutputColumn(name=name),))
        cache.put(STAGED.unique_id, name, found)

    kept = LineageCache(tmp_path)
    assert kept.get(STAGED.unique_id, "a") is None
    assert kept.get(STAGED.unique_id, "b") == found


def test_a_broken_cache_is_an_empty_one(tmp_path: Path) -> None:
    cache = LineageCache(tmp_path)
    lineage(SOURCE, STAGED, cache=cache).work_out(STAGED)
    (file,) = tmp_path.iterdir()
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("{") + 1] + "\n", encoding="utf-8")

    assert lineage(SOURCE, STAGED, cache=cache).work_out(STAGED).lineage is not None


def test_a_cache_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    cache = LineageCache(tmp_path / "file")

    assert lineage(SOURCE, STAGED, cache=cache).work_out(STAGED).lineage is not None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("select * from {{ ref('staged') }}", "select * from shop.main.staged"),
        ("select * from {{ ref('shop', 'staged') }}", "select * from shop.main.staged"),
        ("select * from {{ source('lake', 'raw') }}", "select * from shop.main.raw"),
        ("{{ config(materialized='table') }}\nselect 1", "select 1"),
        ("{# a comment #}select 1", "select 1"),
        (
            "select 1 {% if is_incremental() %} where x > (select 1 from {{ this }}) {% endif %}",
            "select 1",
        ),
        ("select * from {{ ref('nobody') }}", None),
        ("select {{ my_macro() }}", None),
        ("{% for x in y %} select 1 {% endfor %}", None),
        (
            "select * from {{ ref('hidden') }}",
            "select * from (select 1 as one from shop.main.raw\n) as hidden",
        ),
    ],
)
def test_simple_templates_are_read_before_dbt_compiled_them(raw: str, expected: str | None) -> None:
    hidden = node(
        "model.shop.hidden",
        SOURCE.unique_id,
        config={"materialized": "ephemeral"},
        raw_code="select 1 as one from {{ source('lake', 'raw') }}",
    )
    reader = node(
        "model.shop.reader",
        STAGED.unique_id,
        SOURCE.unique_id,
        hidden.unique_id,
        raw_code=raw,
    )

    assert static_sql(reader, graph(SOURCE, STAGED, hidden, reader)) == expected


@pytest.mark.parametrize(
    "adapter",
    ["bigquery", "databricks", "duckdb", "mysql", "postgres", "redshift", "snowflake", "spark"],
)
def test_a_described_column_is_spelled_as_the_dialect_keeps_it(adapter: str) -> None:
    """For most it is said without sqlglot, which a run with nothing new to read does not load."""
    dialect = dialect_of(adapter)
    described = node("model.shop.described", columns={"Id": {"name": "Id"}})
    kept = normalized("Id", dialect, quoted=False) if folds(dialect) else "Id"

    assert list(KnownColumns(adapter).documented(described)) == [kept]
