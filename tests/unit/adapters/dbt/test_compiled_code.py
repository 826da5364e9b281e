"""The SQL that dbt compiled is found wherever dbt puts it, and only that of this run."""

from pathlib import Path

import pytest

from floe.adapters.dbt.compiled_code import CompiledFiles
from floe.domain.model.run import DbtCommand


def compiled(folder: Path, since_s: float = 0) -> CompiledFiles:
    command = DbtCommand(
        project_dir=folder, profiles_dir=folder, profile="shop", target="dev", target_path=folder
    )
    return CompiledFiles(command, since_s)


@pytest.mark.parametrize(
    ("unique_id", "node_path", "place"),
    [
        ("model.shop.orders", "marts/orders.sql", "models/marts/orders.sql"),
        ("test.shop.single", "single.sql", "tests/single.sql"),
        ("test.shop.unique_id.1a", "unique_id.sql", "models/marts/marts.yml/unique_id.sql"),
    ],
)
def test_models_and_tests_are_found(
    tmp_path: Path, unique_id: str, node_path: str, place: str
) -> None:
    path = tmp_path / "compiled" / "shop" / place
    path.parent.mkdir(parents=True)
    path.write_text("select 1")

    assert compiled(tmp_path)(unique_id, node_path) == "select 1"
    assert compiled(tmp_path, path.stat().st_mtime + 1)(unique_id, node_path) is None


def test_what_dbt_did_not_compile_is_not_there(tmp_path: Path) -> None:
    assert compiled(tmp_path)("test.shop.unique_id.1a", "unique_id.sql") is None
