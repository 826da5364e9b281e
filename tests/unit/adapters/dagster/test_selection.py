"""What Dagster selects is what dbt is asked for, and nothing else."""

from typing import Any

from dagster import AssetCheckKey, AssetKey
from hypothesis import given, settings
from hypothesis import strategies as st

from floe.adapters.dagster.manifest import tidy_manifest
from floe.adapters.dagster.selection import (
    DbtSelection,
    Selected,
    dbt_selection,
    unique_ids_of,
    unique_ids_of_checks,
)
from floe.adapters.dagster.specs import ProjectSpecs, project_specs
from floe.adapters.dagster.translator import FloeTranslator
from tests.unit.adapters.dagster.projects import (
    Manifest,
    check_of,
    manifest_of,
    model,
    seed,
    unit_test,
)

DEFAULT = DbtSelection(("fqn:*",))
MANIFEST: Manifest = dict(
    tidy_manifest(
        manifest_of(
            seed("raw"),
            model("orders", "seed.shop.raw", fqn=["shop", "orders"]),
            model("daily", "model.shop.orders", fqn=["shop", "orders", "daily"]),
            model("with space", "seed.shop.raw"),
            model("a,b+c@d", "seed.shop.raw"),
            check_of("not_null_orders", "model.shop.orders", attached="model.shop.orders"),
            check_of("not_null_daily", "model.shop.daily", attached="model.shop.daily"),
            unit_test("adds_up", "model.shop.orders"),
        )
    )
)
SPECS = project_specs(MANIFEST, FloeTranslator(), DEFAULT)
ASSETS, CHECKS = unique_ids_of(SPECS.assets), unique_ids_of_checks(SPECS.checks)
BY_ID = {unique_id: key for key, unique_id in ASSETS.items()}
ORDERS = BY_ID["model.shop.orders"]


def asked(
    assets: set[AssetKey], checks: set[AssetCheckKey], default: DbtSelection | None = DEFAULT
) -> DbtSelection:
    return dbt_selection(Selected(assets, checks), ASSETS, CHECKS, MANIFEST, default)


def selected_by_dbt(selection: DbtSelection) -> ProjectSpecs:
    return project_specs(MANIFEST, FloeTranslator(), selection)


def checks_of(assets: set[AssetKey]) -> set[AssetCheckKey]:
    return {key for key in CHECKS if key.asset_key in assets}


def test_everything_is_asked_for_as_the_definition_was_made() -> None:
    assert asked(set(ASSETS), set(CHECKS)) == DEFAULT


def test_a_model_left_with_all_its_tests_brings_them_along() -> None:
    found = asked({ORDERS}, checks_of({ORDERS}))

    assert found.arguments == ()
    assert len(found.select) == 1


def test_a_model_without_its_tests_is_asked_for_alone() -> None:
    found = asked({ORDERS}, set())

    assert found.arguments == ("--indirect-selection", "empty")
    assert found.select == ("fqn:shop.orders,file:orders.sql",)


def test_tests_alone_are_asked_for_by_name() -> None:
    found = asked(set(), checks_of({ORDERS}))

    assert found.select == ("fqn:shop.not_null_orders", "unit_test:adds_up")


def test_a_part_of_a_project_names_every_test() -> None:
    found = asked(set(ASSETS), set(CHECKS), default=None)

    assert found.arguments == ("--indirect-selection", "empty")
    assert len(found.select) == len(ASSETS) + len(CHECKS)


@given(st.sets(st.sampled_from(sorted(ASSETS)), min_size=1))
@settings(max_examples=40, deadline=None)
def test_dbt_selects_exactly_the_assets_that_dagster_selected(assets: Any) -> None:
    found = asked(assets, checks_of(assets))

    assert {spec.key for spec in selected_by_dbt(found).assets} == assets
