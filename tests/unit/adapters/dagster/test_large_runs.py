"""Dagster's answers are remembered, and its code is where it is known to be."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    DagsterInstance,
    Output,
    materialize,
    multi_asset,
)
from dagster._core.execution.context.data_version_cache import DataVersionCache
from dagster._core.execution.context.system import StepExecutionContext
from dagster._core.storage.event_log.base import AssetRecord

from floe.adapters.dagster.large_runs import fetch_together, remember_keys

_FETCH = "_fetch_input_asset_version_info"


def definition(size: int) -> AssetsDefinition:
    @multi_asset(specs=[AssetSpec(f"a{number}") for number in range(size)], can_subset=True)
    def many(context: AssetExecutionContext) -> Iterator[Output[None]]:
        for name in context.selected_output_names:
            yield Output(None, name)

    return many


def test_dagsters_own_code_has_not_moved() -> None:
    assert remember_keys()
    assert remember_keys()
    assert fetch_together()
    assert fetch_together()


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


def layers(width: int) -> AssetsDefinition:
    """Return a step of three layers; each asset reads the one below it and the one beside that."""
    specs = [
        AssetSpec(f"l{layer}_{number}", deps=below(layer, number, width))
        for layer in range(3)
        for number in range(width)
    ]

    @multi_asset(specs=specs)
    def step() -> Iterator[Output[None]]:
        for spec in specs:
            yield Output(None, spec.key.to_python_identifier())

    return step


def below(layer: int, number: int, width: int) -> list[str]:
    return [f"l{layer - 1}_{n % width}" for n in (number, number + 1)] if layer else []


def questions(assets: AssetsDefinition) -> int:
    """Return how often Dagster asks its storage for assets while it runs *assets*."""
    asked = 0
    with DagsterInstance.ephemeral() as instance:
        get_asset_records = instance.get_asset_records

        def counted(keys: Sequence[AssetKey] | None = None) -> Sequence[AssetRecord]:
            nonlocal asked
            asked += 1
            return get_asset_records(keys)

        instance.get_asset_records = counted  # type: ignore[method-assign, assignment]
        assert materialize([assets], instance=instance).success
    return asked


@pytest.fixture
def undo(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Have records fetched together, and return what leaves the rest of the test without that."""
    fetch_together()
    own = vars(DataVersionCache)[_FETCH].__wrapped__
    return lambda: monkeypatch.setattr(DataVersionCache, _FETCH, own)


def test_records_of_the_steps_own_assets_are_fetched_together(undo: Callable[[], None]) -> None:
    together = questions(layers(8))
    undo()

    assert together <= 3
    assert questions(layers(8)) >= 16


def test_an_asset_points_at_the_events_that_it_points_at_without_floe(
    undo: Callable[[], None],
) -> None:
    together = pointers(layers(4))
    undo()

    assert together == pointers(layers(4))


def pointers(assets: AssetsDefinition) -> dict[AssetKey, dict[str, str]]:
    with DagsterInstance.ephemeral() as instance:
        result = materialize([assets], instance=instance)
    return {
        event.asset_key: {
            key: value
            for key, value in (event.materialization.tags or {}).items()
            if key.startswith("dagster/input_event_pointer")
        }
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }
