"""Dagster's answers are remembered, and its code is where it is known to be."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetsDefinition, AssetSpec, Output, multi_asset
from dagster._core.execution.context.system import StepExecutionContext

from floe.adapters.dagster.large_runs import remember_keys


def definition(size: int) -> AssetsDefinition:
    @multi_asset(specs=[AssetSpec(f"a{number}") for number in range(size)], can_subset=True)
    def many(context: AssetExecutionContext) -> Iterator[Output[None]]:
        for name in context.selected_output_names:
            yield Output(None, name)

    return many


def test_dagsters_own_code_has_not_moved() -> None:
    assert remember_keys()
    assert remember_keys()


def test_the_keys_of_a_definition_are_worked_out_once() -> None:
    remember_keys()
    assets = definition(3)

    assert assets.asset_and_check_keys is assets.asset_and_check_keys
    assert assets.asset_and_check_keys == set(assets.keys)


def test_a_subset_has_keys_of_its_own() -> None:
    remember_keys()
    assets = definition(3)
    whole = assets.asset_and_check_keys

    subset = assets.subset_for({next(iter(assets.keys))}, selected_asset_check_keys=set())

    assert len(whole) == 3
    assert len(subset.asset_and_check_keys) == 1


def test_the_step_remembers_what_it_is_about() -> None:
    remember_keys()

    assert hasattr(StepExecutionContext.get_output_asset_keys, "__wrapped__")
