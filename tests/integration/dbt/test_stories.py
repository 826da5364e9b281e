"""What dbt tells of every kind of node and of every end, the same by whichever way it is run."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from floe.adapters.dbt.compiled_code import CompiledFiles
from floe.adapters.dbt.manifest import JsonManifestReader
from floe.domain.model.errors import EnvironmentNotReadyError
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    LogEmitted,
    NodeFinished,
    NodeStarted,
    NodeStatus,
)
from floe.domain.model.run import DbtVerb
from floe.ports.dbt_runner import DbtRunner
from tests.integration.dbt.conftest import KINDS
from tests.integration.dbt.projects import EVERYTHING, WELL, command, rewrite, write

pytestmark = pytest.mark.engine

HOOKS = {"operation.shop.shop-on-run-start-0", "operation.shop.shop-on-run-end-0"}
ENDS = {
    "seed.shop.raw": NodeStatus.SUCCESS,
    "snapshot.shop.history": NodeStatus.SUCCESS,
    "model.shop.customers": NodeStatus.SUCCESS,
    "model.shop.over": NodeStatus.SUCCESS,
    "model.shop.grows": NodeStatus.SUCCESS,
    "model.shop.broken": NodeStatus.ERROR,
    "model.shop.after_broken": NodeStatus.SKIPPED,
    "model.shop.uncompilable": NodeStatus.ERROR,
    "model.shop.after_uncompilable": NodeStatus.SKIPPED,
    "model.shop.after_failed_test": NodeStatus.SKIPPED,
    "model.shop.doubled": NodeStatus.SUCCESS,
    "model.shop.doubled_badly": NodeStatus.SKIPPED,
    "unit_test.shop.doubled.doubles": NodeStatus.PASS,
    "unit_test.shop.doubled_badly.does_not_double": NodeStatus.FAIL,
    "test.shop.unique_customers_id": NodeStatus.FAIL,
    "test.shop.not_null_customers_id": NodeStatus.PASS,
    "test.shop.not_null_customers_name": NodeStatus.WARN,
} | dict.fromkeys(HOOKS, NodeStatus.SUCCESS)
RESULT_LINES = {"LogModelResult", "LogSeedResult", "LogSnapshotResult", "LogTestResult"}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("everything"), EVERYTHING)


@pytest.fixture(scope="module", params=KINDS)
def story(
    request: pytest.FixtureRequest, runners: Mapping[str, DbtRunner], everything: Path
) -> tuple[DbtEvent, ...]:
    (everything / "shop.duckdb").unlink(missing_ok=True)
    return tuple(runners[request.param].run(command(everything)))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all: dbt keeps what it parsed of its own macros."""
    return tmp_path_factory.mktemp("shop")


def ends(events: tuple[DbtEvent, ...]) -> dict[str, NodeFinished]:
    """Return unique id, without the hash of a generic test → its end."""
    return {
        ".".join(event.unique_id.split(".")[:3])
        if event.resource_type == "test"
        else event.unique_id: event
        for event in events
        if isinstance(event, NodeFinished)
    }


def last(events: tuple[DbtEvent, ...]) -> InvocationFinished:
    assert isinstance(events[-1], InvocationFinished)
    return events[-1]


def test_every_node_ends_as_dbt_says(story: tuple[DbtEvent, ...]) -> None:
    assert {name: end.status for name, end in ends(story).items()} == ENDS
    assert last(story).exit_code == 1


def test_a_node_that_failed_says_why_before_the_next_thing_happens(
    story: tuple[DbtEvent, ...],
) -> None:
    found = ends(story)

    assert 'column "nowhere" not found' in (found["model.shop.broken"].message or "")
    assert "no good" in (found["model.shop.uncompilable"].message or "")
    assert "uncompilable" in (found["model.shop.after_uncompilable"].message or "")
    assert "\x1b" not in str([end.message for end in found.values()])


def test_the_rows_of_a_table_are_duckdbs_own_count_wherever_floe_is_beside_dbt(
    story: tuple[DbtEvent, ...], request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["story"]

    written = ends(story)["model.shop.over"].rows_affected

    assert written == {"subprocess": None}.get(kind, 3)


def test_numbers_are_those_of_the_adapter(story: tuple[DbtEvent, ...]) -> None:
    found = ends(story)

    assert found["seed.shop.raw"].rows_affected == 3
    assert found["test.shop.unique_customers_id"].failures == 1
    assert found["test.shop.not_null_customers_id"].failures == 0


def test_whatever_was_compiled_is_known_afterwards(
    story: tuple[DbtEvent, ...], everything: Path
) -> None:
    target = everything / "target"
    graph = JsonManifestReader().read(target / "manifest.json")
    compiled = {
        name: end.compiled_code
        or CompiledFiles().of(graph.nodes[end.unique_id], target, end.started_at)
        for name, end in ends(story).items()
        if name not in HOOKS
    }

    kinds = {"model", "snapshot", "test", "unit_test"}
    ran = {name for name, status in ENDS.items() if status is not NodeStatus.SKIPPED}
    assert {name for name, code in compiled.items() if code} == {
        name for name in ran - {"model.shop.uncompilable"} if name.split(".")[0] in kinds
    }
    assert "__dbt__cte__through" in (compiled["model.shop.over"] or "")
    assert compiled["snapshot.shop.history"] == 'select * from "shop"."dev"."raw"'
    assert "count(*)" in (compiled["test.shop.unique_customers_id"] or "")


def test_what_was_skipped_or_is_ephemeral_was_never_started(story: tuple[DbtEvent, ...]) -> None:
    started = {event.unique_id for event in story if isinstance(event, NodeStarted)}
    skipped = {name for name, status in ENDS.items() if status is NodeStatus.SKIPPED}

    assert started.isdisjoint(skipped)
    assert started.isdisjoint({"model.shop.through", "model.shop.uncompilable"})


def test_the_raw_event_of_an_end_is_the_one_that_tools_of_dbt_look_for(
    story: tuple[DbtEvent, ...],
) -> None:
    for end in ends(story).values():
        if end.resource_type in {"model", "seed", "snapshot", "test"} and end.execution_time_s:
            assert end.raw is not None
            assert end.raw["info"]["name"] in RESULT_LINES | {"NodeFinished"}
            assert end.raw["data"]["node_info"]["unique_id"] == end.unique_id
    over = ends(story)["model.shop.over"]
    assert over.raw is not None
    assert over.raw["info"]["name"] == "LogModelResult"


def test_what_dbt_wrote_lies_where_it_was_told(
    story: tuple[DbtEvent, ...], everything: Path
) -> None:
    assert story
    assert (everything / "target" / "run_results.json").exists()
    assert not (everything / "logs").exists()


def test_a_retry_runs_what_failed_and_what_it_held_back(warm: DbtRunner, shop: Path) -> None:
    project = rewrite(shop, WELL | {"models/customers.sql": "select * from nowhere"})
    assert last(tuple(warm.run(command(project)))).exit_code == 1
    write(project, {"models/customers.sql": WELL["models/customers.sql"]})

    again = tuple(warm.run(command(project, verb=DbtVerb.RETRY)))

    assert set(ends(again)) == {"model.shop.customers"}
    assert last(again).is_success


def test_a_project_that_cannot_be_parsed_is_told_as_the_end(warm: DbtRunner, shop: Path) -> None:
    project = rewrite(shop, WELL | {"models/customers.sql": "select {{ ref( }}"})
    events = tuple(warm.run(command(project)))

    assert last(events).exit_code == 2
    assert "customers" in (last(events).message or "")
    assert not ends(events)


@pytest.mark.parametrize("kind", ["subprocess", "warm"])
def test_words_that_dbt_does_not_know_are_told_as_the_end(
    runners: Mapping[str, DbtRunner], shop: Path, kind: str
) -> None:
    events = tuple(runners[kind].run(command(rewrite(shop, WELL), arguments=("--nonsense",))))

    assert last(events).exit_code == 2
    assert "--nonsense" in (last(events).message or "")


def test_a_selection_that_matches_nothing_ends_well_and_says_so(
    warm: DbtRunner, shop: Path
) -> None:
    events = tuple(warm.run(command(rewrite(shop, WELL), select=("nothing_like_it",))))

    assert last(events).is_success
    assert not ends(events)
    assert any("nothing_like_it" in e.text for e in events if isinstance(e, LogEmitted))


def test_a_missing_adapter_is_a_lack_of_the_environment(warm: DbtRunner, shop: Path) -> None:
    profiles = "shop: {target: dev, outputs: {dev: {type: nosuchbase}}}"
    project = rewrite(shop, WELL | {"profiles/profiles.yml": profiles})

    with pytest.raises(EnvironmentNotReadyError, match="nosuchbase"):
        tuple(warm.run(command(project)))


def test_the_freshness_of_a_source_is_the_end_of_a_node(warm: DbtRunner, shop: Path) -> None:
    sources = """
sources:
  - name: outside
    schema: dev
    tables:
      - name: raw
        config:
          loaded_at_field: "timestamp '2001-01-01'"
          freshness: {error_after: {count: 1, period: day}}
"""
    project = rewrite(shop, WELL | {"models/sources.yml": sources})
    tuple(warm.run(command(project, select=("raw",))))

    events = tuple(warm.run(command(project, verb=DbtVerb.SOURCE_FRESHNESS)))

    assert ends(events)["source.shop.outside.raw"].status is NodeStatus.ERROR
    assert last(events).exit_code == 1


def test_a_hook_that_fails_says_why_and_a_model_in_batches_ends_once(
    warm: DbtRunner, shop: Path
) -> None:
    batches = """
{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at',
          begin=modules.datetime.datetime.now().strftime('%Y-%m-%d'), batch_size='day') }}
select id, current_timestamp as at from {{ ref('raw') }}
"""
    project_file = "{name: shop, version: '1.0', profile: shop, on-run-end: [select nowhere]}"
    project = rewrite(shop, WELL | {"dbt_project.yml": project_file, "models/batches.sql": batches})
    events = tuple(warm.run(command(project)))

    found = ends(events)
    assert found["model.shop.batches"].status is NodeStatus.SUCCESS
    assert found["operation.shop.shop-on-run-end-0"].status is NodeStatus.ERROR
    assert "nowhere" in (found["operation.shop.shop-on-run-end-0"].message or "")
