"""The options that several commands share, and how they open the project."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict, Unpack

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


class Opening(TypedDict, total=False):
    """How a project is opened: what the options of a command say."""

    target: str | None
    profile: str | None
    threads: int | None
    project_root: Path | None
    overrides: Mapping[str, object]
    source_only: bool


def open_with(artifacts: Path | None, **asked: Unpack[Opening]) -> "Project":
    """Open the project as the options say; its warnings go to standard error."""
    from floe.domain.model.plan import PlanOptions
    from floe.entrypoints.project import open_project

    project = open_project(
        artifacts,
        options=PlanOptions(
            target_name=asked.get("target"),
            profile_name=asked.get("profile"),
            threads=asked.get("threads"),
            project_root=asked.get("project_root"),
        ),
        overrides=asked.get("overrides"),
        source_only=asked.get("source_only", False),
    )
    if project.settings.log_format == "json":
        narrate_as_json(project.settings.log_level)
    for warning in project.warnings:
        say(f"warning: {warning}")
    return project


def say(text: str) -> None:
    """Print *text* to standard error."""
    narrate(text)
