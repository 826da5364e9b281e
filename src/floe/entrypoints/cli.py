"""The command line: parse, open the project, call one use case, report.

Heavy modules are imported inside the commands, so that ``floe --help`` answers at once. Data goes
to standard output, everything else to standard error.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from floe.entrypoints.project import Project

app = typer.Typer(
    name="floe",
    help="Run dbt under an orchestrator, with lineage and traces for every node.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
lineage_app = typer.Typer(
    help="See, send and tidy up the lineage that waits in the outbox.", no_args_is_help=True
)
app.add_typer(lineage_app, name="lineage")

Artifacts = Annotated[
    Path | None,
    typer.Option(
        "-a",
        "--artifacts",
        help="The contract: compiled_artifacts.json or floe.yaml. Found upward from here if absent.",
    ),
]
Target = Annotated[str | None, typer.Option("--target", help="The name of the dbt target.")]
Profile = Annotated[str | None, typer.Option("--profile", help="The name of the dbt profile.")]
Threads = Annotated[int | None, typer.Option("--threads", help="dbt threads, 1 to 64.")]
Root = Annotated[Path | None, typer.Option("--project-root", help="What relative paths start at.")]


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="The folder to lay the project down in.")],
) -> None:
    """Lay down a project that runs: seeds, models, tests and a floe.yaml on DuckDB."""
    from floe.container import scaffold

    for path in scaffold(directory):
        _say(f"wrote {path}")
    _say(f"next: cd {directory} && floe run")


@app.command(name="compile")
def compile_(  # noqa: PLR0913 - one parameter an option
    artifacts: Artifacts = None,
    target: Target = None,
    profile: Profile = None,
    project_root: Root = None,
    emit: Annotated[
        bool, typer.Option("--emit", help="Publish the graph as design-time lineage.")
    ] = False,
) -> None:
    """Compile floe.yaml into .floe/compiled_artifacts.json."""
    with _open(artifacts, target=target, profile=profile, project_root=project_root) as project:
        typer.echo(project.compile())
        if emit:
            _account(project.emit_design())


@app.command()
def profiles(  # noqa: PLR0913 - one parameter an option
    artifacts: Artifacts = None,
    target: Target = None,
    profile: Profile = None,
    threads: Threads = None,
    project_root: Root = None,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print it, write nothing.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Say whether the file is what would be written.")
    ] = False,
) -> None:
    """Write dbt's profiles.yml; credentials appear only as names of variables."""
    with _open(
        artifacts, target=target, profile=profile, threads=threads, project_root=project_root
    ) as project:
        if stdout:
            typer.echo(project.render_profiles(), nl=False)
            return
        if check:
            current = project.profiles_are_current()
            typer.echo(f"{project.profiles_file}: {'current' if current else 'not current'}")
            raise typer.Exit(0 if current else 1)
        typer.echo(project.write_profiles())


@app.command()
def run(  # noqa: PLR0913 - one parameter an option
    artifacts: Artifacts = None,
    select: Annotated[
        list[str] | None, typer.Option("-s", "--select", help="dbt node selection.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("-x", "--exclude", help="dbt nodes to leave out.")
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build incremental models and seeds anew.")
    ] = False,
    orchestrator: Annotated[
        Literal["dagster", "direct"] | None, typer.Option(help="Who starts dbt.")
    ] = None,
    output: Annotated[
        Literal["rich", "plain", "json"] | None,
        typer.Option(help="How progress is shown; rich on a terminal, else plain."),
    ] = None,
    target: Target = None,
    profile: Profile = None,
    threads: Threads = None,
    project_root: Root = None,
) -> None:
    """Build the project: seeds, models, snapshots and tests, observed node by node."""
    from floe.entrypoints.run_command import run_command

    overrides = {"orchestrator": orchestrator} if orchestrator else {}
    with _open(
        artifacts,
        target=target,
        profile=profile,
        threads=threads,
        project_root=project_root,
        overrides=overrides,
    ) as project:
        raise typer.Exit(
            run_command(
                project,
                select=tuple(select or ()),
                exclude=tuple(exclude or ()),
                full_refresh=full_refresh,
                output=output or ("rich" if sys.stderr.isatty() else "plain"),
            )
        )


@app.command()
def dev(
    artifacts: Artifacts = None,
    port: Annotated[int, typer.Option(help="Where the web page is served, on localhost.")] = 3000,
) -> None:
    """Serve Dagster's web page for the project."""
    from floe.entrypoints.dev import serve

    with _open(artifacts) as project:
        raise typer.Exit(serve(project, port))


@app.command()
def doctor(
    artifacts: Artifacts = None,
    target: Target = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="Sign in to the target as well.")
    ] = False,
) -> None:
    """Say what the project needs, what is missing, and where every setting comes from."""
    from floe.entrypoints.doctor import examine

    with _open(artifacts, target=target) as project:
        raise typer.Exit(examine(project, connect=connect))


@app.command()
def report(
    artifacts: Artifacts = None,
    out: Annotated[Path | None, typer.Option(help="Where the page is written.")] = None,
    run_id: Annotated[
        str | None, typer.Option("--run", help="A run; the latest if absent.")
    ] = None,
) -> None:
    """Write one HTML page about a run: what ran, how long, what failed, and the graph."""
    with _open(artifacts) as project:
        typer.echo(project.write_report(run_id=run_id, path=out))


@lineage_app.command()
def status(artifacts: Artifacts = None) -> None:
    """Count what was delivered, waits, was refused or had to be dropped."""
    with _open(artifacts) as project:
        _account(project.outbox_reports())


@lineage_app.command()
def replay(
    artifacts: Artifacts = None,
    timeout: Annotated[float, typer.Option(help="Seconds to try for.")] = 60.0,
) -> None:
    """Close what dead processes left open and send everything that waits."""
    with _open(artifacts) as project:
        reports = project.replay(timeout)
        _account(reports)
        raise typer.Exit(0 if all(report.waiting == 0 for report in reports) else 1)


@lineage_app.command()
def show(
    artifacts: Artifacts = None,
    limit: Annotated[int, typer.Option(help="How many, oldest first.")] = 20,
) -> None:
    """Print what waits and what was refused, one JSON document a line."""
    with _open(artifacts) as project:
        for line in project.show_outbox(limit):
            typer.echo(line)


@lineage_app.command()
def prune(
    artifacts: Artifacts = None,
    older_than_days: Annotated[float, typer.Option(help="What is older goes.")] = 7.0,
) -> None:
    """Forget refused and old events."""
    with _open(artifacts) as project:
        typer.echo(f"{project.prune(older_than_days)} forgotten")


def main() -> None:
    """Run the command line and exit with floe's exit codes.

    0 well; 1 a node failed; 2 bad input; 3 the environment is not ready; 4 nothing selected;
    5 required lineage not kept; 70 a bug of floe's; 130 interrupted.
    """
    from floe.entrypoints.exit_codes import guarded

    sys.exit(guarded(app))


def _open(  # noqa: PLR0913 - one parameter an option
    artifacts: Path | None,
    *,
    target: str | None = None,
    profile: str | None = None,
    threads: int | None = None,
    project_root: Path | None = None,
    overrides: Mapping[str, object] | None = None,
) -> "Project":
    from floe.domain.model.plan import PlanOptions
    from floe.entrypoints.project import open_project

    options = PlanOptions(
        target_name=target, profile_name=profile, threads=threads, project_root=project_root
    )
    project = open_project(artifacts, options=options, overrides=overrides or {})
    for warning in project.warnings:
        _say(f"warning: {warning}")
    return project


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _account(reports: "tuple[object, ...]") -> None:
    for report in reports:
        typer.echo(report)
