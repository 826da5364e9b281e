"""A pipeline made ready for one machine: names chosen, paths absolute, backends decided."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from floe.domain.model.pipeline import Pipeline, Sampling
from floe.domain.model.profile import ProfileGeneratorConfig
from floe.domain.model.value import Value


class PlanOptions(Value):
    """What the caller asks for; None leaves the choice to the pipeline and its environment."""

    project_root: Path | None = None
    profile_name: str | None = None
    target_name: str | None = None
    threads: int | None = None
    profiles_dir: Path | None = None


class LineagePlan(Value):
    """Whether lineage is on, and where it goes; *endpoint* is complete, path included."""

    enabled: bool = False
    endpoint: str | None = None
    namespace: str = Field(default="floe", min_length=1, max_length=255)
    transport: str | None = None


class TracingPlan(Value):
    """Whether tracing is on, and where it goes; *attributes* stand on every span.

    With an endpoint and without traces, there may still be metrics to send.
    """

    enabled: bool = False
    endpoint: str | None = None
    protocol: str | None = None
    service_name: str = Field(default="floe", min_length=1, max_length=255)
    attributes: Mapping[str, str] = Field(default_factory=dict)
    sampling: Sampling | None = None
    metrics: bool = True


class RunPlan(Value):
    """Everything that a run needs to know, decided; every path is absolute.

    *project_dir* is None when no dbt project was found where the pipeline says: an error for
    commands that run dbt, none for those that only write profiles; *project_problem* says why.
    *manifest_path* is where dbt's manifest is, or where dbt would write it.
    """

    pipeline: Pipeline
    profile: ProfileGeneratorConfig
    project_root: Path
    profiles_dir: Path
    manifest_path: Path
    project_dir: Path | None = None
    project_problem: str | None = None
    lineage: LineagePlan = Field(default_factory=LineagePlan)
    tracing: TracingPlan = Field(default_factory=TracingPlan)
    warnings: tuple[str, ...] = ()
