"""The contract's jobs, schedules and sensors as Dagster's."""

import json
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple, TypeAlias

from dagster import (
    AssetKey,
    AssetSelection,
    BetaWarning,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    RunRequest,
    ScheduleDefinition,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    define_asset_job,
    job,
    op,
)
from dagster import (
    JobDefinition as DagsterJob,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from floe.adapters.dagster.names import mapping
from floe.adapters.dagster.specs import ProjectSpecs
from floe.domain.model.errors import ConfigurationError, Problem
from floe.domain.model.pipeline import JobDefinition, Orchestration

_ASSET = re.compile(r"^(\+*)asset:")
_DBT_ONLY = re.compile(
    r"^\+*\d*((path|fqn|file|config|resource_type|source|exposure|package|test_type|test_name"
    r"|unit_test|version|access|metric|semantic_model|saved_query)[:.]|@)"
)
_AT_RUN_TIME = re.compile(r"^@?\+*\d*(state|result|source_status):")
"""Criteria that compare with another state: what they select is known when the run starts."""
_POLL_S = 30
Job: TypeAlias = DagsterJob | UnresolvedAssetJobDefinition
Select: TypeAlias = Callable[[str], ProjectSpecs]
"""Evaluates a criterion of dbt's selection syntax."""


class Schedulable(NamedTuple):
    """What the contract has started by hand, by time or by event."""

    jobs: Sequence[Job] = ()
    schedules: Sequence[ScheduleDefinition] = ()
    sensors: Sequence[SensorDefinition] = ()


def schedulables(
    orchestration: Orchestration, select: Select, steps: Sequence[str] = ()
) -> Schedulable:
    """Return jobs by selection, their schedules, and sensors on assets.

    *select* evaluates dbt's selection syntax; *steps* are those of the project, which evaluate
    it again where it depends on a state.

    A kind of job or sensor that needs code of the user is left out with a warning.

    Raises:
        ConfigurationError: A selection cannot be read, or a schedule or sensor names no job.
    """
    problems: list[Problem] = []
    jobs = {
        job.name: found
        for job in orchestration.jobs
        if (found := _job(job, select, steps, problems))
    }
    known = {job.name for job in orchestration.jobs}
    schedules = []
    for schedule in orchestration.schedules:
        if schedule.job in jobs:
            schedules.append(
                ScheduleDefinition(
                    name=schedule.name,
                    job=jobs[schedule.job],
                    cron_schedule=schedule.cron,
                    execution_timezone=schedule.timezone,
                    description=schedule.description,
                    default_status=DefaultScheduleStatus.STOPPED,
                )
            )
        elif schedule.job not in known:
            problems.append(_no_such_job("schedules", schedule.name, schedule.job))
    sensors = _sensors(orchestration.sensors, jobs, known, problems)
    if problems:
        raise ConfigurationError(*problems)
    return Schedulable(list(jobs.values()), schedules, sensors)


def _job(
    said: JobDefinition, select: Select, steps: Sequence[str], problems: list[Problem]
) -> Job | None:
    if said.type == "ops" and said.target_function:
        return _calling(said, said.target_function)
    if said.type != "batch":
        _left_out("jobs", said.name, said.type)
        return None
    criteria = [text.strip() for text in said.selection]
    compared = [text for text in criteria if _AT_RUN_TIME.match(text)]
    where = f"orchestration.jobs.{said.name}.selection"
    if compared and compared != criteria:
        fix = "write a job for each kind of criterion"
        problems.append(Problem("mixes criteria of dbt's state with others", where, fix))
        return None
    try:
        selection = selection_of(["fqn:*"] if compared else criteria, select)
    except Exception as error:  # noqa: BLE001 - whatever either parser raises is a bad selection
        problems.append(Problem(f"cannot be read: {error}", where))
        return None
    config = {"ops": {step: {"config": {"select": compared}} for step in steps}}
    return define_asset_job(
        said.name,
        selection=selection,
        description=said.description,
        config=config if compared else None,
    )


def _calling(definition: JobDefinition, target: str) -> DagsterJob:
    """Return a job that calls the function *target*, imported when the job runs."""
    module, _, function = target.rpartition(".")

    @op(name=f"{definition.name}_call")
    def call() -> None:
        getattr(import_module(module), function)(**definition.arguments)

    @job(name=definition.name, description=definition.description)
    def calling() -> None:
        call()

    return calling


def selection_of(texts: Iterable[str], select: Select) -> AssetSelection:
    """Return the union of *texts*, each in Dagster's selection syntax or in dbt's.

    ``group:``, ``tag:``, ``key:``, ``asset:``, ``kind:`` and ``owner:`` are Dagster's, as are
    plain names and ``+`` on either side; criteria that only dbt has are evaluated by dbt.
    """
    selections = [_selection(text.strip(), select) for text in texts]
    if not selections:
        return AssetSelection.all()
    union = selections[0]
    for selection in selections[1:]:
        union |= selection
    return union


def _selection(text: str, select: Select) -> AssetSelection:
    if not _DBT_ONLY.match(text):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BetaWarning)
            return AssetSelection.from_string(_ASSET.sub(r"\1key:", text))
    found = select(text)
    assets = AssetSelection.assets(*(spec.key for spec in found.assets))
    return assets | AssetSelection.checks(*(spec.key for spec in found.checks))


def _sensors(
    sensors: Mapping[str, Any],
    jobs: Mapping[str, Job],
    known: set[str],
    problems: list[Problem],
) -> list[SensorDefinition]:
    found = []
    for name, said in sensors.items():
        options = mapping(said)
        kind, job = str(options.get("type") or ""), str(options.get("job") or "")
        if kind not in {"asset", "asset_sensor"}:
            _left_out("sensors", name, kind)
        elif job in jobs:
            found.append(_asset_sensor(name, jobs[job], options))
        elif job not in known:
            problems.append(_no_such_job("sensors", name, job))
    return found


def _asset_sensor(name: str, job: Job, options: Mapping[str, Any]) -> SensorDefinition:
    watched = [AssetKey(str(asset).split("/")) for asset in options.get("watched_assets") or ()]
    return SensorDefinition(
        name=name,
        job=job,
        evaluation_fn=_when_materialized(watched),
        minimum_interval_seconds=int(options.get("poll_interval_seconds") or _POLL_S),
        description=options.get("description"),
        default_status=DefaultSensorStatus.STOPPED,
    )


def _when_materialized(
    watched: Sequence[AssetKey],
) -> Callable[[SensorEvaluationContext], RunRequest | SkipReason]:
    """Return the evaluation of a sensor that asks for a run when any of *watched* is new."""

    def evaluate(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        latest = {key: context.instance.get_latest_materialization_event(key) for key in watched}
        seen = {key.to_user_string(): event.timestamp for key, event in latest.items() if event}
        if seen == json.loads(context.cursor or "{}"):
            return SkipReason("none of the watched assets is new")
        cursor = json.dumps(seen, sort_keys=True)
        context.update_cursor(cursor)
        return RunRequest(run_key=cursor)

    return evaluate


def _left_out(part: str, name: str, kind: str) -> None:
    warnings.warn(
        f"orchestration.{part}.{name}: floe does not make {part} of the type {kind!r}; left out",
        UserWarning,
        stacklevel=2,
    )


def _no_such_job(part: str, name: str, job: str) -> Problem:
    return Problem(f"there is no job named {job!r}", f"orchestration.{part}.{name}.job")
