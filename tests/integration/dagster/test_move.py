"""The page on moving from dagster-dbt is run: what it shows before, and what it shows after."""

import os
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetKey, AssetsDefinition, DagsterInstance, Definitions, ScheduleDefinition
from dagster_dbt import build_dbt_asset_selection, get_asset_key_for_model

from tests.integration.dagster.shop_project import copy_shop
from tests.unit.adapters.dagster.beside import assert_assets_equal, assert_checks_equal

pytestmark = [pytest.mark.engine]

PAGE = Path(__file__).parents[3] / "docs/how-to/move-from-dagster-dbt.md"
NIGHTLY = {
    AssetKey(name)
    for name in ("raw_orders", "raw_customers", "stg_orders", "stg_customers", "customers")
}


def block(language: str, number: int) -> str:
    """Return a block of code of the page."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return textwrap.dedent(blocks[number][1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("moved")
    copy_shop(found)
    (found / "floe.yaml").write_text(block("yaml", 0), encoding="utf-8")
    return found


@pytest.fixture(autouse=True)
def dbt_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """dagster-dbt looks for the command dbt there, as it is in an activated environment."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def definitions(folder: Path, number: int) -> Definitions:
    """Return the ``defs`` of a block of Python of the page, as a module of *folder*."""
    names: dict[str, Any] = {"__file__": str(folder / "definitions.py"), "__name__": "location"}
    exec(compile(block("python", number), "definitions.py", "exec"), names)  # noqa: S102 - ours
    found: Definitions = names["defs"]
    return found


def assets_of(definitions: Definitions) -> AssetsDefinition:
    (found,) = definitions.assets or ()
    assert isinstance(found, AssetsDefinition)
    return found


def test_after_the_move_everything_is_where_it_was(folder: Path) -> None:
    theirs, ours = definitions(folder, 0), definitions(folder, 1)
    before, after = assets_of(theirs), assets_of(ours)

    assert_assets_equal(after.specs, before.specs)
    assert_checks_equal(after.check_specs, before.check_specs)
    assert after.op.name == before.op.name
    for defs in (theirs, ours):
        (schedule,) = defs.schedules or ()
        assert isinstance(schedule, ScheduleDefinition)
        nightly = defs.resolve_job_def("nightly")
        assert nightly.asset_layer.selected_asset_keys == NIGHTLY
    assert get_asset_key_for_model([after], "stg_orders") == AssetKey("stg_orders")
    selection = build_dbt_asset_selection([after], "customers+")
    assert AssetKey("customers") in selection.resolve([after])


def test_after_the_move_the_schedules_job_runs(folder: Path) -> None:
    with DagsterInstance.ephemeral() as instance:
        result = (
            definitions(folder, 1).resolve_job_def("nightly").execute_in_process(instance=instance)
        )

    made = {event.asset_key for event in result.get_asset_materialization_events()}
    assert made == NIGHTLY
