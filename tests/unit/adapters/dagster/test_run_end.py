"""A run ends once, with the last of its steps, whatever became of the others."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetKey,
    DagsterInstance,
    Definitions,
    RetryPolicy,
    asset,
    define_asset_job,
    in_process_executor,
)

from floe.adapters.dagster import run_end
from floe.adapters.dagster.assets import FloeAssetFactory
from floe.adapters.dagster.invocation import TRACE_PARENT_TAG
from floe.adapters.dagster.services import Services
from floe.adapters.dagster.splitting import Split
from floe.domain.model.errors import DbtRunError
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand, RunContext, RunSummary
from tests.unit.adapters.dagster.definitions import services_of
from tests.unit.adapters.dagster.projects import Manifest, manifest_of, model
from tests.unit.adapters.dagster.test_retries import SHOP, ShopDbt, job_of, on_a_worker

TRACE = "a" * 32


class Told:
    """What a project was told: each end of a step, and each end of a run."""

    def __init__(self) -> None:
        self.steps: list[RunSummary] = []
        self.runs: list[tuple[RunContext, RunSummary]] = []

    def services(self, directory: Path, dbt: Any, shop: Manifest) -> Services:
        return services_of(
            shop,
            directory,
            dbt=dbt,
            on_finish=lambda _run, summary: self.steps.append(summary),
            on_run_end=lambda run, summary: self.runs.append((run, summary)),
        )


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as found:
        yield found


def execute(
    definitions: Definitions, instance: DagsterInstance, tags: dict[str, str] | None = None
) -> bool:
    merged = Definitions.merge(
        definitions, Definitions(jobs=[define_asset_job("shop")], executor=in_process_executor)
    )
    result = merged.resolve_job_def("shop").execute_in_process(
        instance=instance, raise_on_error=False, tags=tags
    )
    return result.success


class FailsFirst(ShopDbt):
    """Fails in the first step, whichever that is."""

    def __call__(
        self, command: DbtCommand, context: RunContext, graph: ProjectGraph
    ) -> Generator[DbtEvent, None, None]:
        first = command.select[0].removeprefix("fqn:shop.")
        self.failing = [] if self.asked else [first]
        return super().__call__(command, context, graph)


def split(
    told: Told, directory: Path, dbt: ShopDbt, *, shop: Manifest = SHOP, **options: Any
) -> Definitions:
    found = FloeAssetFactory().create_definitions(
        told.services(directory, dbt, shop), split=Split.NODE, **options
    )
    return Definitions(assets=found.assets, asset_checks=found.asset_checks)


def test_a_run_of_one_step_ends_with_it(tmp_path: Path, instance: DagsterInstance) -> None:
    told = Told()
    assets = FloeAssetFactory().create_dbt_assets(told.services(tmp_path, ShopDbt(), SHOP))

    assert execute(Definitions([assets]), instance)
    ((_, summary),) = told.runs
    assert (len(told.steps), summary.exit_code) == (1, 0)


def test_a_run_of_several_steps_ends_with_the_last(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    told = Told()

    assert execute(split(told, tmp_path, ShopDbt()), instance)
    ((_, run),) = told.runs
    assert len(told.steps) == 3
    assert run.started_at <= min(step.started_at for step in told.steps)
    assert run.finished_at >= max(step.finished_at for step in told.steps)
    assert (run.exit_code, run.message) == (0, None)


def test_what_a_failure_keeps_from_starting_is_not_waited_for(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    told = Told()

    assert not execute(split(told, tmp_path, ShopDbt("", "customers")), instance)
    ((_, run),) = told.runs
    assert len(told.steps) == 2
    assert run.exit_code == 1
    assert "shop_dbt_shop_customers" in str(run.message)


def test_a_step_that_died_without_a_word_has_failed(
    tmp_path: Path, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed process leaves no note; Dagster notices, and the run goes on beside it."""
    leave, dead = run_end._leave, []

    def leave_unless_dead(context: Any, note: Any) -> None:
        if note.exit_code:
            dead.append(str(context.op_handle))
        else:
            leave(context, note)

    monkeypatch.setattr(run_end, "_leave", leave_unless_dead)
    told = Told()
    shop = manifest_of(model("orders"), model("customers"))

    assert not execute(split(told, tmp_path, FailsFirst(), shop=shop), instance)
    ((_, run),) = told.runs
    assert run.exit_code == 1
    assert dead == [str(run.message).removeprefix("failed steps: ")]


def test_an_attempt_that_is_made_again_ends_nothing(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    told, dbt = Told(), ShopDbt("", "customers")
    again = RetryPolicy(max_retries=1)

    assert execute(split(told, tmp_path, dbt, retry_policy=again), instance)
    ((_, run),) = told.runs
    assert [step.exit_code for step in told.steps] == [0, 1, 0, 0]
    assert run.exit_code == 0


def test_an_attempt_that_the_executor_does_not_make_again_is_the_end(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    told, dbt = Told(), ShopDbt("orders")
    assets = FloeAssetFactory().create_dbt_assets(
        told.services(tmp_path, dbt, SHOP), retry_policy=RetryPolicy(max_retries=1)
    )
    job = job_of(assets)

    on_a_worker(job, instance.create_run_for_job(job), instance)

    ((_, run),) = told.runs
    assert run.exit_code == 1


def test_steps_of_others_are_not_waited_for(tmp_path: Path, instance: DagsterInstance) -> None:
    told = Told()

    @asset(deps=[AssetKey("report")])
    def published() -> None:
        """Come after everything that dbt does."""

    ours = split(told, tmp_path, ShopDbt())
    assert execute(Definitions.merge(ours, Definitions([published])), instance)
    assert len(told.runs) == 1


def test_a_dbt_that_could_not_run_ends_the_run_too(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    def broken(*_: object) -> Iterator[Any]:
        raise DbtRunError("dbt died")
        yield

    told = Told()
    assets = FloeAssetFactory().create_dbt_assets(told.services(tmp_path, broken, SHOP))

    assert not execute(Definitions([assets]), instance)
    ((_, run),) = told.runs
    assert (run.exit_code, run.message) == (2, "dbt died")


def test_an_event_log_that_cannot_be_read_costs_the_end_and_nothing_else(
    tmp_path: Path, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr(instance, "get_run_step_stats", unreadable)
    told = Told()

    assert execute(split(told, tmp_path, ShopDbt()), instance)
    assert (len(told.steps), told.runs) == (3, [])


def test_a_run_goes_on_in_the_trace_that_its_tag_names(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    told = Told()
    assets = FloeAssetFactory().create_dbt_assets(told.services(tmp_path, ShopDbt(), SHOP))
    tag = f"00-{TRACE}-{'b' * 16}-01"

    execute(Definitions([assets]), instance, {TRACE_PARENT_TAG: tag})
    execute(Definitions([assets]), instance, {TRACE_PARENT_TAG: "nonsense"})

    (named, _), (other, _) = told.runs
    assert named.trace_id == TRACE
    assert other.trace_id != TRACE
