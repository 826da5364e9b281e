"""A few lines of YAML define a whole project."""

from pathlib import Path

import pytest
from dagster import AssetKey, ComponentTree

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
