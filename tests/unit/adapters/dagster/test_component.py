"""A few lines of YAML define a whole project."""

from pathlib import Path

import pytest
import yaml
from dagster import (
    AssetKey,
    AssetsDefinition,
    ComponentTree,
    RetryPolicy,
    load_from_defs_folder,
)
from dagster.components.component_scaffolding import scaffold_object

from floe.adapters.dagster.component import ProjectComponent
from floe.adapters.dagster.services import Services
from tests.unit.adapters.dagster.definitions import SHOP, services_of


@pytest.mark.filterwarnings("ignore:.parse_obj_as.:DeprecationWarning")  # Dagster's own call
def test_yaml_names_the_contract_and_the_project_is_defined(tmp_path: Path) -> None:
    asked: list[Path] = []

    class Shop(ProjectComponent):
        def services(self, artifacts: Path) -> Services:
            asked.append(artifacts)
            return services_of(SHOP, tmp_path)

    component = Shop.resolve_from_yaml("artifacts: shop/compiled.json\nsplit: layer")
    definitions = component.build_defs(ComponentTree.for_test().load_context)

    assert [path.name for path in asked] == ["compiled.json"]
    assert asked[0].is_absolute()
    keys = definitions.resolve_asset_graph().get_all_asset_keys()
    assert {AssetKey("raw"), AssetKey("orders"), AssetKey("customers")} <= keys


COMPONENT = "floe.entrypoints.component.FloeProject"
_DEFS_YAML = """
type: tests.unit.adapters.dagster.test_component.Shop
attributes:
  artifacts: ../shop/compiled.json
  select: customers+
  max_retries: 2
"""


class Shop(ProjectComponent):
    """The component of these tests, as ``floe.entrypoints.component`` derives its own."""

    def services(self, artifacts: Path) -> Services:
        return services_of(SHOP, artifacts.parent)


@pytest.mark.filterwarnings("ignore:.parse_obj_as.:DeprecationWarning")  # Dagster's own call
def test_dagster_finds_the_component_in_a_folder_of_definitions(tmp_path: Path) -> None:
    """The folders are those of ``dg``; the contract lies beside the component's own."""
    component = tmp_path / "src/lake/defs/sales"
    component.mkdir(parents=True)
    (tmp_path / "src/lake/defs/shop").mkdir()
    (tmp_path / "src/lake/__init__.py").touch()
    (tmp_path / "src/lake/defs/__init__.py").touch()
    (component / "defs.yaml").write_text(_DEFS_YAML, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.dg]\ndirectory_type = "project"\n[tool.dg.project]\nroot_module = "lake"\n',
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path / "src")

        definitions = load_from_defs_folder(path_within_project=tmp_path)

    (assets,) = [item for item in definitions.assets or () if isinstance(item, AssetsDefinition)]
    assert set(assets.keys) == {AssetKey("customers")}
    assert assets.op.retry_policy == RetryPolicy(max_retries=2)


@pytest.mark.parametrize("at", ["floe.yaml", "src/lake/floe.yaml"])
def test_the_yaml_that_dg_lays_down_names_the_contract(tmp_path: Path, at: str) -> None:
    component = tmp_path / "src/lake/defs/sales"
    component.mkdir(parents=True)
    (tmp_path / at).touch()

    scaffold_object(component, COMPONENT, None, "yaml", tmp_path)

    attributes = yaml.safe_load((component / "defs.yaml").read_text())["attributes"]
    assert (component / attributes["artifacts"]).resolve() == tmp_path / at


def test_a_contract_that_is_still_to_come_is_expected_at_the_root_of_the_project(
    tmp_path: Path,
) -> None:
    component = tmp_path / "src/lake/defs/sales"
    component.mkdir(parents=True)

    scaffold_object(component, COMPONENT, None, "yaml", tmp_path)

    attributes = yaml.safe_load((component / "defs.yaml").read_text())["attributes"]
    assert attributes == {"artifacts": "../../../../floe.yaml"}
