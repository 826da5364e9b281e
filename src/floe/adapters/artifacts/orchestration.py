"""Jobs, schedules and sensors of a contract: what is usable is used, the rest is a warning.

Their content is never a reason to refuse a document: floe can run the pipeline without them.
"""

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from floe.adapters.artifacts.document_file import json_path
from floe.adapters.artifacts.section import OpenSection, one_of
from floe.adapters.artifacts.sections import Orchestration
from floe.domain.model import pipeline

_NAME = r"^[a-zA-Z][a-zA-Z0-9_]*$"
_CRON = r"^([0-9*,\-/]+\s){4,5}[0-9*,\-/]+$"


class _Job(OpenSection):
    type: Annotated[str, one_of("batch", "ops")] = "batch"
    selection: list[str] = Field(default_factory=list)
    target_function: str | None = None
    args: dict[str, Any] | None = None
    description: str | None = None


class _Schedule(OpenSection):
    job: Annotated[str, Field(pattern=_NAME)]
    cron_schedule: Annotated[str, Field(pattern=_CRON)]
    timezone: str = "UTC"
    enabled: bool = True
    description: str | None = None


_Item = TypeVar("_Item", _Job, _Schedule)


def orchestration(
    section: Orchestration | None, warnings: list[str]
) -> pipeline.Orchestration | None:
    """Return *section* as the domain has it; *warnings* gets what had to be left out."""
    if section is None:
        return None
    jobs = _usable(_Job, "jobs", section.jobs, warnings)
    schedules = _usable(_Schedule, "schedules", section.schedules, warnings)
    return pipeline.Orchestration(
        dbt=section.dbt.to_domain() if section.dbt else None,
        jobs=tuple(_job(name, job) for name, job in jobs),
        schedules=tuple(_schedule(name, schedule) for name, schedule in schedules),
        sensors=section.sensors or {},
    )


def _job(name: str, job: _Job) -> pipeline.JobDefinition:
    return pipeline.JobDefinition(
        name=name,
        type=job.type,
        selection=tuple(job.selection),
        target_function=job.target_function,
        arguments=job.args or {},
        description=job.description,
    )


def _schedule(name: str, schedule: _Schedule) -> pipeline.ScheduleDefinition:
    return pipeline.ScheduleDefinition(
        name=name,
        job=schedule.job,
        cron=schedule.cron_schedule,
        timezone=schedule.timezone,
        enabled=schedule.enabled,
        description=schedule.description,
    )


def _usable(
    model: type[_Item], kind: str, items: dict[str, Any] | None, warnings: list[str]
) -> Iterable[tuple[str, _Item]]:
    found: list[tuple[str, _Item]] = []
    for name, item in (items or {}).items():
        try:
            found.append((name, model.model_validate(item)))
        except ValidationError:
            place = json_path(("orchestration", kind, name))
            warnings.append(f"{place} is left out: floe cannot use it as it stands")
    return found
