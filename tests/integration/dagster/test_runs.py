"""Real dbt under real Dagster: what a run shows, and what lineage hears of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetsDefinition,
    AssetSelection,
    DagsterEventType,
    DagsterInstance,
    DailyPartitionsDefinition,
    Definitions,
    ExecuteInProcessResult,
    RetryPolicy,
    define_asset_job,
    materialize,
)

from floe.adapters.dagster.assets import FloeAssetFactory
from floe.adapters.dagster.orchestrator import DagsterOrchestrator
from floe.adapters.dagster.services import Services
from floe.domain.model.errors import NothingSelectedError
from floe.domain.model.lineage import LineageEventType
from floe.domain.model.node_event import DbtEvent, NodeFinished
from floe.domain.model.run import DbtVerb, RunContext, RunSummary
from floe.testing.fakes import RecordingLineageEmitter
from tests.integration.dagster.shop_project import copy_shop, shop_command, shop_services

pytestmark = [pytest.mark.engine]

MODELS = {"stg_orders", "stg_customers", "stg_web", "customers", "daily", "fragile", "downstream"}
SEEDS = {"raw_orders", "raw_customers"}
HISTORY = "history/customers_history"


class Shop:
    """A parsed copy of the shop, and one run of it under Dagster at a time."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.lineage = RecordingLineageEmitter()
        self.summaries: list[tuple[RunContext, RunSummary]] = []
        self.services: Services = shop_services(
            project,
            self.lineage,
            on_finish=lambda context, summary: self.summaries.append((context, summary)),
        )
        self.assets = FloeAssetFactory().create_dbt_assets(self.services)

    def run(
        self,
        instance: DagsterInstance,
        selection: AssetSelection | None = None,
        assets: AssetsDefinition | None = None,
        **config: Any,
    ) -> ExecuteInProcessResult:
        assets = assets or self.assets
        job = define_asset_job("shop_job", selection or AssetSelection.all())
        definitions = Definitions(assets=[assets], jobs=[job])
        return definitions.resolve_job_def("shop_job").execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"ops": {"shop_dbt": {"config": config}}},
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_shop(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def shop(project: Path) -> Shop:
    return Shop(project)


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as found:
        yield found


def materialized(result: ExecuteInProcessResult) -> set[str]:
    return {
        event.asset_key.to_user_string()
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def observed(result: ExecuteInProcessResult) -> dict[str, str]:
    return {
        event.asset_observation_data.asset_observation.asset_key.to_user_string(): str(
            event.asset_observation_data.asset_observation.description
        )
        for event in result.all_events
        if event.event_type is DagsterEventType.ASSET_OBSERVATION
    }


def checked(result: ExecuteInProcessResult) -> dict[str, bool]:
    return {item.check_name: item.passed for item in result.get_asset_check_evaluations()}


def ignore(_event: DbtEvent) -> None:
    """Do not listen."""


def names(summary: RunSummary) -> list[str]:
    """Return what ran, without the hooks."""
    return [node.name for node in summary.nodes if node.resource_type != "operation"]


def test_a_whole_run_shows_every_node_where_it_belongs(
    shop: Shop, instance: DagsterInstance
) -> None:
    result = shop.run(instance)

    assert result.success
    assert materialized(result) == MODELS | SEEDS | {HISTORY}
    found = checked(result)
    assert found["unique_stg_orders_order_id"]
    assert found["customers_without_orders_have_zero"]
    assert not found["accepted_values_stg_orders_amount__False__10__20"]
    assert observed(result).keys() >= {"customers", "stg_orders"}

    rows = {
        event.asset_key.to_user_string(): event.materialization.metadata["dagster/row_count"].value
        for event in result.get_asset_materialization_events()
        if event.asset_key and "dagster/row_count" in event.materialization.metadata
    }
    assert rows["raw_orders"] == 3
    assert rows["customers"] == 2
    assert "stg_orders" not in rows

    (context, summary), *more = shop.summaries
    assert not more
    assert summary.exit_code == 0
    assert context.run_id == result.run_id
    ids = {told.run_id for told in shop.lineage.transitions}
    event = result.asset_materializations_for_node("shop_dbt")[-1]
    assert event.metadata["floe/run_id"].value in ids
    assert event.metadata["floe/trace_id"].value == context.trace_id
    ends = [told for told in shop.lineage.transitions if told.state.is_end]
    assert len(ends) * 2 == len(shop.lineage.transitions)


def test_a_failing_run_says_so_at_each_node_and_keeps_what_went_well(
    shop: Shop, instance: DagsterInstance
) -> None:
    result = shop.run(instance, variables={"broken": True})

    assert not result.success
    assert materialized(result) >= MODELS - {"fragile", "downstream"} | SEEDS | {HISTORY}
    assert not materialized(result) & {"fragile", "downstream"}
    said = observed(result)
    assert "no_such_column" in said["fragile"]
    assert said["downstream"] == "dbt skipped: model.shop.fragile failed"
    failure = result.failure_data_for_node("shop_dbt")
    assert failure is not None
    assert failure.user_failure_data is not None
    description = str(failure.user_failure_data.description)
    assert "model.shop.fragile" in description
    assert "no_such_column" in description
    assert "\x1b" not in description


def test_a_subset_runs_its_nodes_and_their_tests_only(
    shop: Shop, instance: DagsterInstance
) -> None:
    shop.run(instance, AssetSelection.assets("raw_orders"))
    shop.summaries.clear()

    result = shop.run(instance, AssetSelection.assets("stg_orders"))

    assert materialized(result) == {"stg_orders"}
    assert checked(result).keys() == {
        "unique_stg_orders_order_id",
        "not_null_stg_orders_order_id",
        "no_negative_amounts",
        "accepted_values_stg_orders_amount__False__10__20",
    }
    ran = {node.unique_id for node in shop.summaries[0][1].nodes}
    assert not any(unique_id.startswith("model.") for unique_id in ran - {"model.shop.stg_orders"})


def test_one_check_runs_alone(shop: Shop, instance: DagsterInstance) -> None:
    key = AssetCheckKey(AssetKey("stg_orders"), "no_negative_amounts")

    result = shop.run(instance, AssetSelection.checks(key))

    assert checked(result) == {"no_negative_amounts": True}
    assert names(shop.summaries[0][1]) == ["no_negative_amounts"]


def test_a_retried_step_is_another_invocation_of_the_same_trace(
    shop: Shop, instance: DagsterInstance
) -> None:
    assets = FloeAssetFactory().create_dbt_assets(
        shop.services, select="fragile", retry_policy=RetryPolicy(max_retries=1)
    )

    result = shop.run(instance, assets=assets, variables={"broken": True})

    assert not result.success
    contexts = [context for context, _ in shop.summaries]
    assert [context.invocation for context in contexts] == ["shop_dbt/1", "shop_dbt/2"]
    assert len({context.trace_id for context in contexts}) == 1
    assert len({context.invocation_run_id for context in contexts}) == 2
    starts = [
        told.run_id for told in shop.lineage.transitions if told.state is LineageEventType.START
    ]
    assert len(starts) == len(set(starts))


def test_partitions_add_up_in_an_incremental_model_until_it_is_refreshed(
    shop: Shop, instance: DagsterInstance
) -> None:
    days = DailyPartitionsDefinition("2026-01-01")
    assets = FloeAssetFactory().create_dbt_assets(
        shop.services, select="+daily", exclude="totals_add_up", partitions_def=days
    )

    def run(day: str, **config: Any) -> list[str]:
        job = define_asset_job("by_day", AssetSelection.assets(assets))
        definitions = Definitions(assets=[assets], jobs=[job])
        result = definitions.resolve_job_def("by_day").execute_in_process(
            instance=instance,
            partition_key=day,
            run_config={"ops": {"shop_dbt": {"config": config}}},
        )
        made = {event.partition for event in result.get_asset_materialization_events()}
        assert made == {day}
        with duckdb.connect(str(shop.project / "shop.duckdb"), read_only=True) as connection:
            rows = connection.execute("select day from daily order by day").fetchall()
        return [str(row[0]) for row in rows]

    run("2026-01-05", full_refresh=True)
    assert run("2026-01-06") == ["2026-01-05", "2026-01-06"]
    assert run("2026-01-06", full_refresh=True) == ["2026-01-06"]


def test_results_reach_dagster_while_dbt_runs(shop: Shop, instance: DagsterInstance) -> None:
    at_end: list[int] = []

    def count(context: RunContext, summary: RunSummary) -> None:
        del summary
        at_end.append(
            sum(
                record.dagster_event_type is DagsterEventType.ASSET_MATERIALIZATION
                for record in instance.all_logs(context.run_id)
            )
        )

    assets = FloeAssetFactory().create_dbt_assets(replace(shop.services, on_finish=count))

    result = shop.run(instance, assets=assets)

    assert result.success
    assert at_end == [len(MODELS | SEEDS | {HISTORY})]


def test_the_freshness_of_a_source_is_a_check(shop: Shop, instance: DagsterInstance) -> None:
    definitions = FloeAssetFactory().create_definitions(shop.services)
    shop.run(instance, AssetSelection.assets("raw_orders"))
    (freshness,) = definitions.asset_checks or ()

    result = materialize(
        [freshness], instance=instance, selection=AssetSelection.all_asset_checks()
    )

    assert checked(result) == {"freshness": True}


def test_scratch_targets_are_gone_after_the_run(
    shop: Shop, instance: DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    shop.run(instance, AssetSelection.assets("raw_orders"))

    assert list(tmp_path.glob("floe-target-*")) == []


def test_the_orchestrator_runs_dbts_own_selection(shop: Shop) -> None:
    heard: list[DbtEvent] = []
    command = shop_command(shop.project, select=("raw_orders",))
    orchestrator = DagsterOrchestrator(shop.services)

    summary = orchestrator.run(
        command, shop.services.context, shop.services.read_graph(), heard.append
    )

    assert names(summary) == ["raw_orders"]
    assert [event for event in heard if isinstance(event, NodeFinished)] == list(summary.nodes)


def test_the_orchestrator_runs_what_is_no_asset_too(shop: Shop) -> None:
    command = shop_command(shop.project, verb=DbtVerb.TEST, select=("totals_add_up",))
    orchestrator = DagsterOrchestrator(shop.services)

    summary = orchestrator.run(command, shop.services.context, shop.services.read_graph(), ignore)

    assert names(summary) == ["totals_add_up"]


def test_the_orchestrator_says_when_nothing_is_selected(shop: Shop) -> None:
    command = shop_command(shop.project, select=("tag:nobody",))
    orchestrator = DagsterOrchestrator(shop.services)

    with pytest.raises(NothingSelectedError, match="tag:nobody"):
        orchestrator.run(command, shop.services.context, shop.services.read_graph(), ignore)
