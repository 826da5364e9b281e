"""What the factory defines, and what a run of it asks of dbt."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from dagster import (
    AssetKey,
    AssetsDefinition,
    AssetSelection,
    DagsterEventType,
    DagsterInstance,
    DailyPartitionsDefinition,
    Definitions,
    ExecuteInProcessResult,
    TableColumnLineage,
    TableSchema,
    define_asset_job,
)
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import create_execution_plan, execute_plan

from floe.adapters.dagster.assets import FloeAssetFactory
from floe.adapters.dagster.services import Services
from floe.adapters.dagster.splitting import Split
from floe.domain.model.column_lineage import (
    ColumnOrigin,
    Influence,
    OutputColumn,
    RelationLineage,
    Transformation,
)
from floe.domain.model.errors import ConfigurationError, DbtRunError
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    InvocationStarted,
    NodeFinished,
    NodeStatus,
)
from floe.domain.model.pipeline import JobDefinition, Orchestration
from floe.domain.model.run import RunContext
from floe.domain.model.settings import Links
from floe.testing.orchestrator import ScriptedObservedDbt
from tests.unit.adapters.dagster.definitions import NOON, SHOP, services_of
from tests.unit.adapters.dagster.projects import layered, manifest_of, model, seed, source, write

FACTORY = FloeAssetFactory()
RUN_ID = str(UUID(int=7))
DAILY = {"warn_after": {"count": 1, "period": "day"}}


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as found:
        yield found


def finished(unique_id: str, status: NodeStatus = NodeStatus.SUCCESS, **more: Any) -> NodeFinished:
    fields: dict[str, Any] = {
        "at": NOON + timedelta(seconds=1),
        "started_at": NOON,
        "unique_id": unique_id,
        "resource_type": unique_id.split(".", maxsplit=1)[0],
        "status": status,
    }
    return NodeFinished(**fields | more)


def story(*nodes: DbtEvent, exit_code: int = 0) -> tuple[DbtEvent, ...]:
    start = InvocationStarted(at=NOON, invocation_id="i")
    return (start, *nodes, InvocationFinished(at=NOON, exit_code=exit_code))


def run(
    services: Services,
    instance: DagsterInstance,
    *,
    partition_key: str | None = None,
    selection: AssetSelection | None = None,
    config: dict[str, Any] | None = None,
    **options: Any,
) -> ExecuteInProcessResult:
    assets = FACTORY.create_dbt_assets(services, **options)
    job = define_asset_job("all_of_it", selection or AssetSelection.all())
    return (
        Definitions(assets=[assets], jobs=[job])
        .resolve_job_def("all_of_it")
        .execute_in_process(
            instance=instance,
            raise_on_error=False,
            partition_key=partition_key,
            run_config={"ops": {"shop_dbt": {"config": config or {}}}},
        )
    )


def dbt_of(services: Services) -> ScriptedObservedDbt:
    return cast("ScriptedObservedDbt", services.dbt)


def test_without_raw_events_results_are_shown_all_the_same(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    events = story(
        finished("model.shop.orders", rows_affected=3, materialization="table"),
        finished("test.shop.not_null_orders", NodeStatus.FAIL, message="Got 2 results", failures=2),
        finished("unit_test.shop.customers.adds_up", NodeStatus.PASS),
        exit_code=1,
    )

    result = run(services_of(SHOP, tmp_path, events), instance)

    (made,) = result.asset_materializations_for_node("shop_dbt")
    assert made.metadata["dagster/row_count"].value == 3
    found = {item.check_name: item for item in result.get_asset_check_evaluations()}
    assert {name: item.passed for name, item in found.items()} == {
        "not_null_orders": False,
        "adds_up": True,
    }
    assert found["not_null_orders"].metadata["floe/failures"].value == 2
    assert not result.success


def test_a_materialization_leads_to_its_trace_and_its_lineage(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    links = Links(
        trace="https://t.example.org/{trace_id}/{span_id}", lineage="https://l.example.org/{run_id}"
    )
    services = services_of(SHOP, tmp_path, story(finished("model.shop.orders")), links=links)

    result = run(services, instance)

    (made,) = result.asset_materializations_for_node("shop_dbt")
    (context,) = dbt_of(services).contexts
    run_id = context.node_run_id("model.shop.orders")
    span_id = context.node_span_id("model.shop.orders")
    assert made.metadata["floe/lineage"].value == f"https://l.example.org/{run_id}"
    assert (
        made.metadata["floe/trace"].value == f"https://t.example.org/{context.trace_id}/{span_id}"
    )


def test_columns_and_their_lineage_are_dagsters_own(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    read = ColumnOrigin(
        unique_id="seed.shop.raw",
        column="key",
        transformations=(Transformation(influence=Influence.IDENTITY),),
    )
    filtered_by = ColumnOrigin(
        unique_id="seed.shop.raw",
        column="is_deleted",
        transformations=(Transformation(influence=Influence.FILTER),),
    )
    known = NodeColumns(
        data_types={"ID": "integer", "email": None},
        lineage=RelationLineage(columns=(OutputColumn(name="ID", origins=(read, filtered_by)),)),
        classifications=(ColumnClassification(column_name="email", classification="pii"),),
    )
    columns = {"id": {"name": "id", "description": "The key.", "tags": ["key"]}}
    manifest = manifest_of(seed("raw"), model("orders", "seed.shop.raw", columns=columns))
    services = services_of(
        manifest, tmp_path, story(finished("model.shop.orders")), columns=lambda _: known
    )

    result = run(services, instance)

    (made,) = result.asset_materializations_for_node("shop_dbt")
    lineage = made.metadata["dagster/column_lineage"].value
    assert isinstance(lineage, TableColumnLineage)
    (dep,) = lineage.deps_by_column["ID"]
    assert (dep.asset_key, dep.column_name) == (AssetKey("raw"), "key")
    schema = made.metadata["dagster/column_schema"].value
    assert isinstance(schema, TableSchema)
    key, email = schema.columns
    assert (key.name, key.type, key.description, key.tags) == (
        "ID",
        "integer",
        "The key.",
        {"key": ""},
    )
    assert (email.name, email.type) == ("email", "?")
    assert email.tags == {"floe/classification": "pii", "floe/sensitivity": "medium"}


def test_dbts_own_lines_are_the_log_of_the_step(
    tmp_path: Path, instance: DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = {"info": {"msg": "1 of 1 \x1b[32mOK\x1b[0m created orders"}, "data": {}}
    services = services_of(SHOP, tmp_path, story(finished("model.shop.orders", raw=raw)))

    run(services, instance)
    shown = capsys.readouterr().out
    run(replace(services, echoes=False), instance)

    assert shown == "12:00:01  1 of 1 OK created orders\n"
    assert capsys.readouterr().out == ""


def test_run_config_reaches_dbt(tmp_path: Path, instance: DagsterInstance) -> None:
    services = services_of(SHOP, tmp_path, story())
    config = {"full_refresh": True, "variables": {"a": 1}, "threads": 2, "arguments": ["--empty"]}

    run(services, instance, config=config)

    (command,) = dbt_of(services).commands
    assert command.full_refresh
    assert command.variables == {"a": 1}
    assert (command.threads, command.arguments[-1]) == (2, "--empty")


@pytest.mark.parametrize("is_kept", [True, False])
def test_dbt_writes_artifacts_where_they_stay_after_the_run(
    tmp_path: Path, instance: DagsterInstance, *, is_kept: bool
) -> None:
    services = services_of(SHOP, tmp_path, story())

    run(replace(services, scratch_targets=not is_kept), instance)

    (command,) = dbt_of(services).commands
    assert (command.target_path is None) == is_kept
    assert ("--no-write-json" not in command.arguments) == is_kept


def test_a_run_may_ask_for_what_meets_more_criteria(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    services = services_of(SHOP, tmp_path, story())

    run(services, instance, config={"select": ["state:modified+", "tag:gold"], "defer": True})

    (command,) = dbt_of(services).commands
    assert command.select == ("fqn:*,state:modified+", "fqn:*,tag:gold")
    assert command.defer


def test_a_large_subset_is_asked_for_by_name_and_leaves_no_copy_of_the_project(
    tmp_path: Path, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, scratch = tmp_path / "project", tmp_path / "scratch"
    project.mkdir()
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    services = services_of(layered(300), project, story())
    before = sorted(project.rglob("*"))

    run(
        services,
        instance,
        selection=AssetSelection.assets(*(f"model_{number:05}" for number in range(250))),
    )

    (command,) = dbt_of(services).commands
    named = [item for item in command.select if ".model_" in item]
    assert len([item for item in named if "not_null" not in item]) == 250
    assert sorted(project.rglob("*")) == before
    assert list(scratch.glob("floe-*")) == []
    assert list(scratch.rglob("manifest.json")) == []


def test_a_step_that_is_handed_on_as_a_whole_runs_what_its_run_selects(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    services = services_of(SHOP, tmp_path, story(finished("model.shop.orders")))
    assets = FACTORY.create_dbt_assets(services)
    job = Definitions(assets=[assets]).resolve_implicit_global_asset_job_def()
    dagster_run = instance.create_run_for_job(job, asset_selection={AssetKey("orders")})

    events = execute_plan(create_execution_plan(job), InMemoryJob(job), instance, dagster_run)

    made = {
        event.asset_key
        for event in events
        if event.event_type is DagsterEventType.ASSET_MATERIALIZATION
    }
    assert made == {AssetKey("orders")}
    (command,) = dbt_of(services).commands
    assert not any("customers" in item for item in command.select)


def test_a_partition_is_a_nominal_time_and_dbts_variables(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    services = services_of(SHOP, tmp_path, story())
    days = DailyPartitionsDefinition("2026-01-01")

    run(services, instance, partitions_def=days, partition_key="2026-01-05")

    (command,), (context,) = dbt_of(services).commands, dbt_of(services).contexts
    start, end = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)
    assert (context.nominal_start, context.nominal_end) == (start, end)
    assert command.variables == {"min_date": start.isoformat(), "max_date": end.isoformat()}
    assert context.orchestrator_attributes["dagster.partition_key"] == "2026-01-05"


def test_the_run_of_lineage_is_dagsters(tmp_path: Path, instance: DagsterInstance) -> None:
    services = services_of(SHOP, tmp_path, story())

    result = run(services, instance)

    (context,) = dbt_of(services).contexts
    assert context.run_id == result.run_id
    assert context.invocation == "shop_dbt/1"
    assert context.orchestrator == "dagster"
    assert context.parent is not None
    assert (context.parent.run_id, context.parent.job_name) == (result.run_id, "all_of_it")


def test_dbt_that_could_not_run_fails_the_step_with_its_text(
    tmp_path: Path, instance: DagsterInstance
) -> None:
    dbt = ScriptedObservedDbt((), DbtRunError("\x1b[31mdbt died\x1b[0m"))

    result = run(services_of(SHOP, tmp_path, dbt=dbt), instance)

    failure = result.failure_data_for_node("shop_dbt")
    assert failure is not None
    assert failure.user_failure_data is not None
    assert failure.user_failure_data.description == "dbt died"


def test_names_that_stop_others_build_a_step(tmp_path: Path, instance: DagsterInstance) -> None:
    odd = manifest_of(
        model("größe", "source.shop.web.visits", tags=["a b"], meta={"floe": {"owner": "Me"}}),
        model("with space", config={"schema": "my-marts", "enabled": True}),
        source("visits"),
    )
    services = services_of(odd, tmp_path, story(finished("model.shop.größe")))

    result = run(services, instance)

    assert result.success
    assert len(result.get_asset_materialization_events()) == 1


def test_sources_exposures_and_all_else_are_in_the_definitions(tmp_path: Path) -> None:
    manifest = manifest_of(
        source("visits", freshness=DAILY),
        model("orders", "source.shop.web.visits"),
        exposures=board_of("model.shop.orders"),
    )

    definitions = FACTORY.create_definitions(services_of(manifest, tmp_path))

    graph = definitions.resolve_asset_graph()
    visits = graph.get(AssetKey(["web", "visits"]))
    assert (visits.is_external, visits.group_name) == (True, "web")
    board = graph.get(AssetKey(["exposures", "board"]))
    assert board.parent_keys == {AssetKey("orders")}
    assert (board.owners, board.group_name) == (["team:Sales"], "exposures")
    assert [key.name for key in graph.asset_check_keys] == ["freshness"]


def test_projects_that_read_the_same_and_each_other_are_one_graph(tmp_path: Path) -> None:
    for name in ("shop", "desk"):
        (tmp_path / name).mkdir()
    visits = source("visits", freshness=DAILY)
    orders = source("orders", config={"meta": {"dagster": {"asset_key": ["orders"]}}})
    shop = manifest_of(
        visits,
        model("orders", "source.shop.web.visits"),
        exposures=board_of("model.shop.orders"),
    )
    desk = manifest_of(
        visits,
        orders,
        model("queue", "source.shop.web.visits", "source.shop.web.orders"),
        exposures=board_of("model.shop.queue"),
    )

    definitions = FACTORY.create_definitions(
        services_of(shop, tmp_path / "shop"),
        services_of(
            desk,
            tmp_path / "desk",
            context=RunContext(run_id=RUN_ID, pipeline="desk", started_at=NOON),
        ),
    )

    graph = definitions.resolve_asset_graph()
    queue = graph.get(AssetKey("queue"))
    assert queue.parent_keys == {AssetKey("orders"), AssetKey(["web", "visits"])}
    assert graph.get(AssetKey("orders")).is_materializable
    board = graph.get(AssetKey(["exposures", "board"]))
    assert board.parent_keys == {AssetKey("orders"), AssetKey("queue")}
    assert [key.name for key in graph.asset_check_keys] == ["freshness"]


def board_of(*parents: str) -> dict[str, Any]:
    """Return the exposures of a project that shows *parents* on a board."""
    board = {
        "unique_id": "exposure.shop.board",
        "name": "board",
        "resource_type": "exposure",
        "type": "dashboard",
        "owner": {"name": "Sales", "email": None},
        "url": "https://bi.example.org/board",
        "tags": [],
        "depends_on": {"nodes": list(parents)},
    }
    return {"exposure.shop.board": board}


@pytest.mark.parametrize(("split", "steps"), [(Split.NODE, 3), (Split.TAG, 2), (Split.LAYER, 2)])
def test_a_split_project_has_every_asset_in_one_step(
    tmp_path: Path, split: Split, steps: int
) -> None:
    definitions = FACTORY.create_definitions(services_of(SHOP, tmp_path), split=split)

    assets = [item for item in definitions.assets or () if isinstance(item, AssetsDefinition)]
    assert len(assets) == steps
    assert sum(len(list(item.keys)) for item in assets) == 3


def test_definitions_of_a_part_of_a_project_have_that_part_and_its_jobs(tmp_path: Path) -> None:
    nightly = JobDefinition(name="nightly", selection=("package:shop",))
    services = services_of(SHOP, tmp_path, orchestration=Orchestration(jobs=(nightly,)))

    definitions = FACTORY.create_definitions(services, select="customers+")

    selected = definitions.resolve_job_def("nightly").asset_layer.selected_asset_keys
    assert selected == {AssetKey("customers")}


def test_a_path_needs_a_loader(tmp_path: Path) -> None:
    asked: list[Any] = []

    def load(project: Any) -> Services:
        asked.append(project)
        return services_of(SHOP, tmp_path)

    FloeAssetFactory(load).create_dbt_assets(str(tmp_path / "compiled.json"))

    assert asked == [tmp_path / "compiled.json"]
    with pytest.raises(ConfigurationError, match="loader"):
        FACTORY.create_dbt_assets(tmp_path)


def test_definitions_load_without_a_socket_and_without_an_adapter_of_dbt(tmp_path: Path) -> None:
    manifest = write(SHOP, tmp_path)
    code = f"""
import socket, sys, warnings
warnings.simplefilter("ignore")
def refuse(*_):
    raise AssertionError("a socket was opened")
socket.socket.connect = refuse
from pathlib import Path
from floe.adapters.dagster.assets import FloeAssetFactory
from tests.unit.adapters.dagster.definitions import SHOP, services_of
FloeAssetFactory().create_definitions(services_of(SHOP, Path({str(manifest.parent)!r})))
loaded = [name for name in sys.modules if name.startswith("dbt.adapters.") and
          name.split(".")[2] in ("duckdb", "postgres", "snowflake", "bigquery", "spark")]
assert not loaded, loaded
assert "dbt.cli.main" not in sys.modules
assert "dbt.graph.selector" not in sys.modules
"""
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[4],
    )

    assert done.returncode == 0, done.stderr
