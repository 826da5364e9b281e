"""``floe doctor``: what the project needs, what is missing, and where each setting comes from."""

import re
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version

import typer

from floe.domain.model.errors import FloeError, OutboxError, Problem
from floe.domain.model.node_event import InvocationFinished, LogEmitted
from floe.domain.model.run import DbtCommand, DbtVerb, RunRequest
from floe.domain.use_cases.check_environment import EnvironmentReport, check_environment
from floe.entrypoints.exit_codes import NOT_READY, WELL, code_of
from floe.entrypoints.project import Project

_VERDICT = re.compile(r"\d+ checks? failed:")
"""What ``dbt debug`` says before the reasons, and after all that it looked at."""


def examine(project: Project, *, connect: bool) -> int:
    """Print what there is and what is missing, never a value, and return the exit code."""
    _settings(project)
    unkept = _unkept(project)
    try:
        profile = project.container.profile()
        report = check_environment(
            profile,
            environ=project.environ,
            version_of=_version,
            connect=_connection(project) if connect else None,
        )
    except FloeError as error:
        for problem in error.problems:
            typer.echo(f"problem   {problem}")
        return code_of(error)
    _environment(report)
    is_serious = project.settings.lineage_required
    for warning in (*profile.warnings, *(() if is_serious else unkept)):
        typer.echo(f"warning   {warning}")
    problems = (*report.problems, *(unkept if is_serious else ()))
    for problem in problems:
        typer.echo(f"problem   {problem}")
    return NOT_READY if problems else WELL


def _unkept(project: Project) -> tuple[Problem, ...]:
    """Say where events wait, and return what keeps them from being kept: a run goes on without."""
    try:
        project.container.upkeep().examine()
    except OutboxError as error:
        return error.problems
    typer.echo(f"outbox    {project.state_dir}: can be written")
    return ()


def _settings(project: Project) -> None:
    plan = project.plan
    typer.echo(
        f"contract  {plan.pipeline.source} ({plan.pipeline.dialect}, {plan.pipeline.version})"
    )
    typer.echo(f"project   {plan.project_dir or plan.project_problem}")
    typer.echo(f"profiles  {project.profiles_file}")
    values = project.settings.model_dump(mode="json")
    for key, origin in sorted(project.origins.items()):
        value: object = values
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        shown = project.container.redactor().text(str(value))
        typer.echo(f"setting   {key} = {shown} (from {origin})")


def _environment(report: EnvironmentReport) -> None:
    for package in report.packages:
        typer.echo(f"package   {package.name} {package.version or 'is not installed'}")
    for variable in report.variables:
        secret = ", a secret" if variable.secret else ""
        typer.echo(f"variable  {variable.name}: {variable.state}{secret}")
    if report.connection is not None and report.connection.problem is None:
        typer.echo("connected well")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _as_debug_takes_it(command: DbtCommand) -> DbtCommand:
    """Return *command* without threads and target path, which ``dbt debug`` refuses."""
    log = f"--log-path={command.target_path}"
    return command.model_copy(update={"target_path": None, "threads": None, "arguments": (log,)})


def _connection(project: Project) -> Callable[[], str | None]:
    def connect() -> str | None:
        project.write_profiles()
        command = _as_debug_takes_it(project.command(RunRequest(verb=DbtVerb.DEBUG)))
        said: list[str] = []
        for event in project.container.dbt().run(command):
            if isinstance(event, LogEmitted):
                said.append(event.text)
            if isinstance(event, InvocationFinished) and not event.is_success:
                text = _reason([*said, event.message or ""])
                return project.container.redactor().text(text[-2000:])
        return None

    return connect


def _reason(said: Sequence[str]) -> str:
    """Return what ``dbt debug`` found wrong; all that it *said* where it gave no verdict."""
    verdicts = [number for number, text in enumerate(said) if _VERDICT.fullmatch(text.strip())]
    first = verdicts[-1] + 1 if verdicts else 0
    return "\n".join(said[first:]).strip()
