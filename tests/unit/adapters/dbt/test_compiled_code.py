"""The SQL that dbt compiled is found where dbt puts it, and only that of this run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from floe.adapters.dbt.compiled_code import CompiledFiles
from tests.fakes import node

PLACES = {
    "model.shop.orders": (
        "models/marts/orders.sql",
        "marts/orders.sql",
        "shop/models/marts/orders.sql",
    ),
    "test.shop.single": ("tests/single.sql", "single.sql", "shop/tests/single.sql"),
    "test.shop.unique_id.1a": (
        "models/marts/marts.yml",
        "unique_id.sql",
        "shop/models/marts/marts.yml/unique_id.sql",
    ),
    "test.parts.unique_id.2b": (
        "models/p.yml",
        "unique_id.sql",
        "parts/models/p.yml/unique_id.sql",
    ),
    "unit_test.shop.orders.adds_up": (
        "models/marts/marts.yml",
        "marts/marts.yml",
        "shop/models/marts/marts.yml/models/marts/adds_up.sql",
    ),
}
"""Unique id → file and path of the manifest, and where dbt 1.11 was seen to write the SQL."""


@pytest.mark.parametrize("unique_id", PLACES)
def test_every_kind_is_found_if_it_is_of_this_run(tmp_path: Path, unique_id: str) -> None:
    file, path, place = PLACES[unique_id]
    kind, package, *names = unique_id.split(".")
    about = node(
        unique_id,
        name=names[-1] if kind == "unit_test" else names[0],
        package_name=package,
        original_file_path=file,
        path=path,
    )
    written = tmp_path / "compiled" / place
    written.parent.mkdir(parents=True)
    written.write_text("select 1")
    at = datetime.fromtimestamp(written.stat().st_mtime, UTC)

    assert CompiledFiles().of(about, tmp_path) == "select 1"
    assert CompiledFiles().of(about, tmp_path, at) == "select 1"
    assert CompiledFiles().of(about, tmp_path, at + timedelta(seconds=1)) is None


def test_a_model_in_batches_has_the_sql_of_the_last_one(tmp_path: Path) -> None:
    daily = node(
        "model.shop.daily",
        package_name="shop",
        original_file_path="models/daily.sql",
        path="daily.sql",
        config={"incremental_strategy": "microbatch"},
    )
    batches = tmp_path / "compiled" / "shop" / "models" / "daily"
    batches.mkdir(parents=True)
    for day in ("2026-01-02", "2026-01-03", "2026-01-01"):
        (batches / f"daily_{day}.sql").write_text(f"select '{day}'")

    assert CompiledFiles().of(daily, tmp_path) == "select '2026-01-03'"


def test_what_dbt_did_not_compile_is_not_there(tmp_path: Path) -> None:
    orders = node("model.shop.orders", original_file_path="models/o.sql", path="o.sql")

    assert CompiledFiles().of(orders, tmp_path) is None
    assert CompiledFiles().of(node("model.shop.nowhere"), tmp_path) is None
