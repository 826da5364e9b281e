"""Decide, once and for all, what a pipeline means on this machine.

What a caller asks for goes before what the environment says, and that before the pipeline's own
word, except for names that identify the pipeline itself: its lineage namespace and service name.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from floe.domain.model.errors import ConfigurationError, Problem
from floe.domain.model.findings import Findings
from floe.domain.model.pipeline import Compute, Dialect, Pipeline
from floe.domain.model.plan import PlanOptions, RunPlan
from floe.domain.model.profile import ProfileGeneratorConfig
from floe.domain.model.value import identifier
from floe.domain.use_cases.choose_backends import choose_lineage, choose_tracing
from floe.domain.use_cases.locate_project import Places, locate_project
from floe.ports.dbt_project import DbtProjectFiles

_MOST_THREADS = 64
_DEFAULT_THREADS = 4


def plan(
    pipeline: Pipeline,
    options: PlanOptions,
    *,
    project_files: DbtProjectFiles,
    environ: Mapping[str, str],
    working_dir: Path,
) -> RunPlan:
    """Return the plan of *pipeline* under *options*, for someone who stands in *working_dir*.

    *environ* is consulted for the standard ``OPENLINEAGE_*`` and ``OTEL_*`` variables only.

    Raises:
        ConfigurationError: A name, a number, a path or an address cannot be used; every problem
            at once.
    """
    findings = Findings(pipeline.source, pipeline.warnings)
    places = locate_project(
        pipeline,
        options,
        project_files=project_files,
        working_dir=working_dir,
        findings=findings,
    )
    in_project = project_files.profile_name(places.project) if places.project else None
    profile = _profile_name(pipeline, options, in_project, findings)
    target = _target_name(pipeline, options, findings)
    threads = _threads(pipeline, options, findings)
    lineage = choose_lineage(pipeline, environ, findings)
    tracing = choose_tracing(pipeline, environ, findings)
    findings.check()
    return RunPlan(
        pipeline=pipeline,
        profile=ProfileGeneratorConfig(profile_name=profile, target_name=target, threads=threads),
        project_root=places.root,
        profiles_dir=places.profiles_dir,
        project_dir=places.project,
        project_problem=_project_problem(places),
        manifest_path=places.manifest,
        lineage=lineage,
        tracing=tracing,
        warnings=findings.warnings,
    )


def require_compute(plan: RunPlan) -> Compute:
    """Return the compute target of *plan*.

    Raises:
        ConfigurationError: The pipeline names none.
    """
    if plan.pipeline.compute is not None:
        return plan.pipeline.compute
    fix = {
        Dialect.FLOE_YAML: "add a compute section with a target, or a platform.yaml beside it",
        Dialect.COMPILED_ARTIFACTS: "add resolved_profiles.compute or compute, or compile again",
        Dialect.SUCCESSOR: "add plugins.compute or dbt_profiles, or compile again",
    }[plan.pipeline.dialect]
    raise ConfigurationError(Problem("no compute target", f"{plan.pipeline.source}: $", fix))


def require_project(plan: RunPlan) -> Path:
    """Return the dbt project of *plan*, for a command that runs it.

    Raises:
        ConfigurationError: There is nothing to run, or no dbt project where it should be.
    """
    where = f"{plan.pipeline.source}: $.transforms"
    if not plan.pipeline.transforms:
        fix = "add a transform of type dbt with the path of the project"
        raise ConfigurationError(Problem("nothing to run: there are no transforms", where, fix))
    if plan.project_dir is None:
        what = plan.project_problem or "there is no dbt project"
        raise ConfigurationError(Problem(what, where, "correct the path, or run 'dbt init' there"))
    return plan.project_dir


def _project_problem(places: Places) -> str | None:
    if places.project is not None:
        return None
    if places.wanted_project is None:
        return "nothing to run: there are no transforms"
    return f"there is no dbt_project.yml in {places.wanted_project}"


def _profile_name(
    pipeline: Pipeline, options: PlanOptions, in_project: str | None, findings: Findings
) -> str:
    own = next(iter(pipeline.profiles or {}), None)
    name = options.profile_name or in_project or own or "floe"
    fix = "rename the profile, or name another one as an option"
    return _identifier(name, "the profile name", "$", fix, findings)


def _target_name(pipeline: Pipeline, options: PlanOptions, findings: Findings) -> str:
    key, name = next((key, name) for key, name in _target_names(pipeline, options) if name)
    fix = "use ASCII letters, digits and underscores only"
    return _identifier(name, "the target name", key, fix, findings)


def _target_names(pipeline: Pipeline, options: PlanOptions) -> Iterator[tuple[str, str]]:
    dbt = pipeline.orchestration.dbt if pipeline.orchestration else None
    environment = pipeline.environment
    yield "$", options.target_name or ""
    yield "$.transforms[0].target", next((item.target or "" for item in pipeline.transforms), "")
    yield "$.orchestration.dbt.target", (dbt.target or "") if dbt else ""
    yield "$.environment_context", environment.environment_type if environment else ""
    yield "$", "dev"


def _identifier(name: str, what: str, key: str, fix: str, findings: Findings) -> str:
    try:
        return identifier(name)
    except ValueError as error:
        findings.refuse(f"{what} {error}", key, fix)
        return name


def _threads(pipeline: Pipeline, options: PlanOptions, findings: Findings) -> int:
    """Return how many threads dbt gets; whoever reads the properties says what is wrong there.

    So it is said together with all else that is wrong in them. A reference is no number yet.
    """
    if options.threads is not None:
        return options.threads if _is_allowed(options.threads) else _refused("$", findings)
    written = pipeline.compute.properties.get("threads") if pipeline.compute is not None else None
    if isinstance(written, str) and "{" in written:
        return _refused("$.compute.properties.threads", findings)
    threads = _whole_number(written)
    return threads if threads is not None and _is_allowed(threads) else _DEFAULT_THREADS


def _is_allowed(threads: int) -> bool:
    return 1 <= threads <= _MOST_THREADS


def _refused(key: str, findings: Findings) -> int:
    what = f"threads must be a whole number from 1 to {_MOST_THREADS}"
    findings.refuse(what, key, f"use {_DEFAULT_THREADS}, say")
    return _DEFAULT_THREADS


def _whole_number(written: JsonValue) -> int | None:
    if isinstance(written, str) and written.strip().isascii() and written.strip().isdigit():
        return int(written) if len(written.strip()) <= len(str(_MOST_THREADS)) else None
    return written if isinstance(written, int) and not isinstance(written, bool) else None
