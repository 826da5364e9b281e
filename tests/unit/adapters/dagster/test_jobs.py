"""The contract's jobs, schedules and sensors are Dagster's."""

import pytest
from dagster import (
    AssetKey,
    AssetMaterialization,
    AssetsDefinition,
    DagsterInstance,
    Definitions,
    RunRequest,
    SkipReason,
    build_sensor_context,
)

from floe.adapters.dagster.jobs import Schedulable, schedulables
from floe.adapters.dagster.manifest import tidy_manifest
from floe.adapters.dagster.selection import DbtSelection
from floe.adapters.dagster.specs import ProjectSpecs, project_specs
from floe.adapters.dagster.translator import FloeTranslator
from floe.domain.model.errors import ConfigurationError
from floe.domain.model.pipeline import JobDefinition, Orchestration, ScheduleDefinition
from tests.unit.adapters.dagster.definitions import SHOP, shop_assets


@pytest.fixture(scope="module")
def assets() -> AssetsDefinition:
    return shop_assets()


def job(*selection: str, **changes: object) -> JobDefinition:
    fields: dict[str, object] = {"name": "nightly", "selection": selection}
    return JobDefinition.model_validate(fields | changes)


def made(*jobs: JobDefinition, **parts: object) -> Schedulable:
    fields = {"jobs": jobs} | parts
    return schedulables(Orchestration.model_validate(fields), by_dbt)


def by_dbt(criterion: str) -> ProjectSpecs:
    return project_specs(tidy_manifest(SHOP), FloeTranslator(), DbtSelection((criterion,)))


def keys(assets: AssetsDefinition, *selection: str) -> set[str]:
    found = made(job(*selection))
    definitions = Definitions(assets=[assets], jobs=found.jobs)
    selected = definitions.resolve_job_def("nightly").asset_layer.selected_asset_keys
    return {key.to_user_string() for key in selected}


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (("tag:gold",), {"customers"}),
        (("group:raw",), {"raw"}),
        (("asset:orders",), {"orders"}),
        (("+asset:orders",), {"raw", "orders"}),
        (("orders+",), {"orders", "customers"}),
        (("tag:gold", "asset:raw"), {"customers", "raw"}),
        (("file:orders.sql",), {"orders"}),
        ((), {"raw", "orders", "customers"}),
    ],
)
def test_a_job_selects_by_dagsters_syntax_or_by_dbts(
    assets: AssetsDefinition, selection: tuple[str, ...], expected: set[str]
) -> None:
    assert keys(assets, *selection) == expected


def test_a_job_by_state_asks_dbt_when_it_runs(assets: AssetsDefinition) -> None:
    said = Orchestration.model_validate({"jobs": [job("state:modified+", "state:new")]})

    found = schedulables(said, by_dbt, ["shop_dbt"])

    nightly = Definitions(assets=[assets], jobs=found.jobs).resolve_job_def("nightly")
    config = {"ops": {"shop_dbt": {"config": {"select": ["state:modified+", "state:new"]}}}}
    assert nightly.run_config == config
    assert nightly.asset_layer.selected_asset_keys == assets.keys


def test_a_job_of_ops_calls_the_function_that_it_names() -> None:
    said = job(type="ops", target_function="json.loads", arguments={"s": "[1]"})

    (found,) = made(said).jobs

    assert Definitions(jobs=[found]).resolve_job_def("nightly").execute_in_process().success


def test_a_schedule_starts_its_job_in_its_timezone() -> None:
    schedule = ScheduleDefinition(
        name="every_night", job="nightly", cron="0 3 * * *", timezone="Europe/Berlin"
    )

    (found,) = made(job("tag:gold"), schedules=(schedule,)).schedules

    assert (found.name, found.job_name) == ("every_night", "nightly")
    assert (found.cron_schedule, found.execution_timezone) == ("0 3 * * *", "Europe/Berlin")


def test_criteria_of_state_and_others_do_not_mix() -> None:
    with pytest.raises(ConfigurationError, match=r"orchestration\.jobs\.nightly\.selection"):
        made(job("state:modified", "tag:gold"))


def test_every_mistake_is_named_at_once() -> None:
    schedule = ScheduleDefinition(name="s", job="nobody", cron="0 3 * * *")
    sensor = {"type": "asset_sensor", "job": "nobody", "watched_assets": ["raw"]}

    with pytest.raises(ConfigurationError) as error:
        made(job("((("), schedules=(schedule,), sensors={"watch": sensor})

    assert [problem.where for problem in error.value.problems] == [
        "orchestration.jobs.nightly.selection",
        "orchestration.schedules.s.job",
        "orchestration.sensors.watch.job",
    ]


def test_a_kind_that_needs_code_is_left_out_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="file_watcher"):
        found = made(
            job("tag:gold"),
            sensors={"watch": {"type": "file_watcher", "job": "nightly", "path": "in"}},
        )

    assert not found.sensors


def test_an_asset_sensor_asks_for_a_run_when_its_asset_is_new() -> None:
    sensor = {"type": "asset_sensor", "job": "nightly", "watched_assets": ["raw"]}
    (found,) = made(job("tag:gold"), sensors={"watch": sensor}).sensors

    with DagsterInstance.ephemeral() as instance:
        context = build_sensor_context(instance)
        before = found(context)
        instance.report_runless_asset_event(AssetMaterialization(AssetKey("raw")))
        after = found(context)
        again = found(context)

    assert isinstance(before, SkipReason)
    assert isinstance(after, RunRequest)
    assert isinstance(again, SkipReason)
