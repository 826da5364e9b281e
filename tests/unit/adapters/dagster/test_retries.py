"""A retry runs what the attempts before it left undone, and nothing that they did well."""

from collections.abc import Generator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetKey,
    AssetsDefinition,
    DagsterInstance,
    DagsterRun,
    Definitions,
    ExecutorDefinition,
    JobDefinition,
    JobExecutionResult,
    ReexecutionOptions,
    RetryPolicy,
    asset,
    build_reconstructable_job,
    define_asset_job,
    execute_job,
    in_process_executor,
)
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import create_execution_plan, execute_plan

from floe.adapters.dagster.assets import FloeAssetFactory
from floe.adapters.dagster.splitting import Split
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    InvocationStarted,
    NodeFinished,
    NodeStatus,
)
from floe.domain.model.run import DbtCommand, RunContext
from tests.unit.adapters.dagster.definitions import NOON, services_of
from tests.unit.adapters.dagster.projects import check_of, manifest_of, model

SHOP = manifest_of(
    model("orders"),
    model("customers", "model.shop.orders"),
    model("report", "model.shop.customers"),
    check_of("orders_id", "model.shop.orders", attached="model.shop.orders"),
    check_of("orders_match", "model.shop.orders", "model.shop.customers"),
)
ORDER = ("orders", "orders_id", "customers", "orders_match", "report")
JOBS: list[JobDefinition] = []
"""Where Dagster finds the jobs of these tests by their number."""


class ShopDbt:
    """Runs what it is asked of the shop; *failing* is what fails in each attempt, then nothing."""

    def __init__(self, *failing: str) -> None:
        self.failing = list(failing)
        self.asked: list[list[str]] = []
        self.contexts: list[RunContext] = []

    def __call__(
        self, command: DbtCommand, context: RunContext, graph: ProjectGraph
    ) -> Generator[DbtEvent, None, None]:
        del graph
        named = sorted(item.removeprefix("fqn:shop.") for item in command.select)
        named = list(ORDER) if named == ["fqn:*"] else named
        self.asked.append(named)
        self.contexts.append(context)
        fails = self.failing.pop(0) if self.failing else ""
        yield InvocationStarted(at=NOON, invocation_id="i")
        broken = False
        for name in ORDER:
            if name not in named:
                continue
            status = NodeStatus.SKIPPED if broken else NodeStatus.SUCCESS
            if name == fails:
                status, broken = NodeStatus.ERROR, True
            yield ended(name, status)
        yield InvocationFinished(at=NOON, exit_code=1 if broken else 0)


def ended(name: str, status: NodeStatus) -> NodeFinished:
    kind = "test" if name.startswith("orders_") else "model"
    if kind == "test" and status is NodeStatus.SUCCESS:
        status = NodeStatus.PASS
    return NodeFinished(
        at=NOON + timedelta(seconds=1),
        started_at=NOON,
        unique_id=f"{kind}.shop.{name}",
        resource_type=kind,
        name=name,
        status=status,
    )


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as found:
        yield found


def numbered_job(number: int) -> JobDefinition:
    return JOBS[number]


def job_of(*assets: AssetsDefinition) -> JobDefinition:
    executor: ExecutorDefinition = in_process_executor
    definitions = Definitions(assets=assets, jobs=[define_asset_job("shop_job")], executor=executor)
    return definitions.resolve_job_def("shop_job")


def execute(
    job: JobDefinition, instance: DagsterInstance, after: JobExecutionResult | None = None
) -> JobExecutionResult:
    """Run *job*, from the failure of *after* on, tagged as Dagster's page and daemon tag it."""
    if job not in JOBS:
        JOBS.append(job)
    found = build_reconstructable_job(
        "tests.unit.adapters.dagster.test_retries", "numbered_job", (JOBS.index(job),)
    )
    if after is None:
        return execute_job(found, instance)
    goes_on = ReexecutionOptions.from_failure(after.run_id, instance)
    tags = {"dagster/is_resume_retry": "true"}
    return execute_job(found, instance, reexecution_options=goes_on, tags=tags)


def on_a_worker(job: JobDefinition, run: DagsterRun, instance: DagsterInstance) -> None:
    """Execute the steps of *run* as dagster-dask does: without retries, and without a count."""
    execute_plan(create_execution_plan(job), InMemoryJob(job), instance, run)


def shop_assets(dbt: ShopDbt, directory: Path, **options: Any) -> AssetsDefinition:
    return FloeAssetFactory().create_dbt_assets(services_of(SHOP, directory, dbt=dbt), **options)


def test_a_run_that_goes_on_from_its_failure_leaves_out_what_went_well(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    dbt = ShopDbt("customers", "orders_match", "report")
    job = job_of(shop_assets(dbt, tmp_path))

    first = execute(job, instance)
    second = execute(job, instance, after=first)
    third = execute(job, instance, after=second)
    fourth = execute(job, instance, after=third)

    assert [result.success for result in (first, second, third, fourth)] == [
        False,
        False,
        False,
        True,
    ]
    assert dbt.asked == [
        list(ORDER),
        ["customers", "orders_match", "report"],
        ["orders_match", "report"],
        ["report"],
    ]
    attributes = dbt.contexts[-1].orchestrator_attributes
    assert attributes["dagster.parent_run_id"] == third.run_id
    assert attributes["dagster.root_run_id"] == first.run_id
    assert len({context.trace_id for context in dbt.contexts}) == 4


def test_a_run_that_begins_anew_runs_everything(tmp_path: Path, instance: DagsterInstance) -> None:
    dbt = ShopDbt("customers")
    job = job_of(shop_assets(dbt, tmp_path))

    execute(job, instance)
    execute(job, instance)

    assert dbt.asked[0] == dbt.asked[1]


def test_a_step_that_is_retried_runs_the_rest_in_the_same_trace(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    dbt = ShopDbt("orders_id", "report")
    assets = shop_assets(dbt, tmp_path, retry_policy=RetryPolicy(max_retries=2))

    @asset(deps=[AssetKey("orders")])
    def dashboard() -> None:
        """Wait for what the first attempt made."""

    result = execute(job_of(assets, dashboard), instance)

    assert result.success
    assert dbt.asked[1:] == [["customers", "orders_id", "orders_match", "report"], ["report"]]
    assert len({context.trace_id for context in dbt.contexts}) == 1
    assert len({context.invocation_run_id for context in dbt.contexts}) == 3
    made = [
        event.asset_key.to_user_string()
        for event in result.all_events
        if event.is_step_materialization and event.asset_key
    ]
    assert sorted(made) == ["customers", "dashboard", "orders", "report"]


def test_what_another_step_waits_for_is_made_anew_with_its_tests(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    dbt = ShopDbt("customers")

    @asset(deps=[AssetKey("orders")])
    def dashboard() -> None:
        """Wait for the orders."""

    job = job_of(shop_assets(dbt, tmp_path), dashboard)
    first = execute(job, instance)
    second = execute(job, instance, after=first)

    assert second.success
    assert dbt.asked[1] == ["customers", "orders", "orders_id", "orders_match", "report"]
    assert any(event.step_key == "dashboard" for event in second.all_events)


def test_in_a_cut_project_only_the_step_that_failed_and_those_after_it_run(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    dbt = ShopDbt("", "customers")
    definitions = FloeAssetFactory().create_definitions(
        services_of(SHOP, tmp_path, dbt=dbt), split=Split.NODE
    )
    job = job_of(*(item for item in definitions.assets or () if isinstance(item, AssetsDefinition)))

    first = execute(job, instance)
    dbt.asked.clear()
    second = execute(job, instance, after=first)

    assert second.success
    assert dbt.asked == [["customers"], ["report"]]


def test_when_only_a_hook_failed_everything_is_run(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    class HookDbt(ShopDbt):
        def __call__(
            self, command: DbtCommand, context: RunContext, graph: ProjectGraph
        ) -> Generator[DbtEvent, None, None]:
            last = len(self.asked)
            for event in super().__call__(command, context, graph):
                is_end = isinstance(event, InvocationFinished) and last == 0
                yield event.model_copy(update={"exit_code": 1}) if is_end else event

    dbt = HookDbt()
    job = job_of(shop_assets(dbt, tmp_path))

    first = execute(job, instance)
    second = execute(job, instance, after=first)

    assert (first.success, second.success) == (False, True)
    assert dbt.asked[0] == dbt.asked[1]


def test_a_step_that_another_worker_is_given_is_an_attempt_of_its_own_at_what_is_left(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    dbt = ShopDbt("customers")
    job = job_of(shop_assets(dbt, tmp_path))
    run = instance.create_run_for_job(job)

    on_a_worker(job, run, instance)
    on_a_worker(job, run, instance)
    instance.report_run_failed(run)
    on_a_worker(job, run, instance)

    assert dbt.asked == [list(ORDER), ["customers", "orders_match", "report"]]
    assert [context.invocation for context in dbt.contexts] == ["shop_dbt/1", "shop_dbt/2"]
    assert len({context.invocation_run_id for context in dbt.contexts}) == 2
