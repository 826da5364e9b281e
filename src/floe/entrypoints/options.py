"""The options that several commands share, and how they open the project."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from floe.entrypoints.narration import narrate, narrate_as_json

if TYPE_CHECKING:
    from floe.entrypoints.project import Project

_ARTIFACTS_HELP = "compiled_artifacts.json or floe.yaml; found upward from here without it."

Artifacts = Annotated[Path | None, typer.Option("-a", "--artifacts", help=_ARTIFACTS_HELP)]
Target = Annotated[str | None, typer.Option("--target", help="The name of the dbt target.")]
Profile = Annotated[str | None, typer.Option("--profile", help="The name of the dbt profile.")]
Threads = Annotated[int | None, typer.Option("--threads", help="dbt threads, 1 to 64.")]
Root = Annotated[
    Path | None, typer.Option("--project-root", help="The folder that relative paths start at.")
]
Variables = Annotated[
    str | None, typer.Option("--vars", help="dbt variables, a mapping in YAML: '{day: 7}'.")
]
Orchestrated = Annotated[
    Literal["dagster", "direct"] | None, typer.Option("--orchestrator", help="Who starts dbt.")
]
Shown = Annotated[
    Literal["rich", "plain", "json"] | None,
    typer.Option("--output", help="How progress is shown; rich on a terminal, else plain."),
]
Logged = Annotated[
    Literal["text", "json"] | None,
    typer.Option(
        "--log-format", help="Log lines on standard error; json tells the run, with its ids."
    ),
]


def read_variables(text: str | None) -> Mapping[str, object]:
    """Return the variables of ``--vars``, none without it.

    Raises:
        ConfigurationError: *text* is not a mapping in YAML.
    """
    from floe.container import variables_of

    return variables_of(text) if text is not None else {}


def settings_of(**asked: str | None) -> dict[str, object]:
    """Return the settings that were asked for; those for log lines hold from here on."""
    if asked.get("log_format") == "json":
        narrate_as_json()
    return {name: value for name, value in asked.items() if value}


def open_with(
    artifacts: Path | None,
    *,
    target: str | None = None,
    profile: str | None = None,
    threads: int | None = None,
    project_root: Path | None = None,
    overrides: Mapping[str, object] | None = None,
    source_only: bool = False,
) -> "Project":
    """Open the project as the options say; its warnings go to standard error."""
    from floe.domain.model.plan import PlanOptions
    from floe.entrypoints.project import open_project

    options = PlanOptions(
        target_name=target, profile_name=profile, threads=threads, project_root=project_root
    )
    project = open_project(
        artifacts, options=options, overrides=overrides or {}, source_only=source_only
    )
    if project.settings.log_format == "json":
        narrate_as_json(project.settings.log_level)
    for warning in project.warnings:
        say(f"warning: {warning}")
    return project


def say(text: str) -> None:
    """Print *text* to standard error."""
    narrate(text)
