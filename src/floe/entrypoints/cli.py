"""The command line: parse, open the project, call one use case, report.

Heavy modules are imported inside the commands, so that ``floe --help`` answers at once. Data goes
to standard output, everything else to standard error.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from floe.entrypoints import lineage_commands
from floe.entrypoints.options import (
    Artifacts,
    Logged,
    Opening,
    Orchestrated,
    Profile,
    Root,
    Shown,
    Target,
    Threads,
    Variables,
    open_with,
    read_variables,
    say,
    settings_of,
)

app = typer.Typer(
    name="floe",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(lineage_commands.app, name="lineage")


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        from importlib.metadata import version

        typer.echo(f"floe {version('floe')}")
        raise typer.Exit


@app.callback()
def floe(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print it and exit."),
    ] = False,
) -> None:
    """Run dbt under an orchestrator, with lineage and traces for every node."""


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="The folder to lay the project down in.")],
) -> None:
    """Lay down a project that runs: seeds, models, tests and a floe.yaml on DuckDB."""
    from floe.container import scaffold

    for path in scaffold(directory):
        say(f"wrote {path}")
    say(f"next: cd {directory} && floe run")


@app.command(name="compile")
def compile_(
    artifacts: Artifacts = None,
    *,
    target: Target = None,
    profile: Profile = None,
    project_root: Root = None,
    emit: Annotated[
        bool, typer.Option("--emit", help="Publish the graph as design-time lineage.")
    ] = False,
) -> None:
    """Compile floe.yaml into .floe/compiled_artifacts.json."""
    with open_with(
        artifacts, target=target, profile=profile, project_root=project_root, source_only=True
    ) as project:
        typer.echo(project.compile())
        if emit:
            say(f"published {project.publish_design()} events of the graph")


@app.command()
def profiles(
    artifacts: Annotated[
        list[Path] | None,
        typer.Option(
            "-a",
            "--artifacts",
            help="As elsewhere; several make one file, and --target names its default.",
        ),
    ] = None,
    *,
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
    from contextlib import ExitStack

    from floe.entrypoints.profiles_command import profiles_command

    paths: Sequence[Path | None] = artifacts or (None,)
    several = len(paths) > 1  # each has a name of its own: the option says which is the default
    asked = Opening(
        target=None if several else target,
        profile=profile,
        threads=threads,
        project_root=project_root,
    )
    with ExitStack() as stack:
        projects = [stack.enter_context(open_with(path, **asked)) for path in paths]
        default = target if several else None
        raise typer.Exit(
            profiles_command(projects, default_target=default, stdout=stdout, check=check)
        )


@app.command()
def run(  # noqa: PLR0913 - the options are its interface
    artifacts: Artifacts = None,
    *,
    select: Annotated[
        list[str] | None, typer.Option("-s", "--select", help="dbt node selection.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("-x", "--exclude", help="dbt nodes to leave out.")
    ] = None,
    selector: Annotated[
        str | None, typer.Option("--selector", help="A selector of the project's selectors.yml.")
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build incremental models and seeds anew.")
    ] = False,
    variables: Variables = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            resolve_path=True,
            help="A folder with dbt's artifacts, for `state:` and for --defer.",
        ),
    ] = None,
    defer: Annotated[
        bool | None,
        typer.Option("--defer/--no-defer", help="Read what is not built here from that state."),
    ] = None,
    favor_state: Annotated[
        bool | None,
        typer.Option(
            "--favor-state/--no-favor-state", help="Also where this environment has its own."
        ),
    ] = None,
    orchestrator: Orchestrated = None,
    output: Shown = None,
    log_format: Logged = None,
    target: Target = None,
    profile: Profile = None,
    threads: Threads = None,
    project_root: Root = None,
) -> None:
    """Build the project: seeds, models, snapshots and tests, observed node by node."""
    from floe.domain.model.run import RunRequest
    from floe.entrypoints.run_command import open_and_run

    request = RunRequest(
        select=tuple(select or ()),
        exclude=tuple(exclude or ()),
        selector=selector,
        full_refresh=full_refresh,
        variables=read_variables(variables),
        state_path=state,
        defer=defer,
        favor_state=favor_state,
    )
    raise typer.Exit(
        open_and_run(
            artifacts,
            request,
            output=output,
            overrides=settings_of(orchestrator=orchestrator, log_format=log_format),
            target=target,
            profile=profile,
            threads=threads,
            project_root=project_root,
        )
    )


@app.command()
def retry(
    artifacts: Artifacts = None,
    *,
    variables: Variables = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            resolve_path=True,
            help="The folder with the run_results.json of that run; dbt's target if absent.",
        ),
    ] = None,
    orchestrator: Orchestrated = None,
    output: Shown = None,
    log_format: Logged = None,
    target: Target = None,
    profile: Profile = None,
    threads: Threads = None,
    project_root: Root = None,
) -> None:
    """Run again what failed or was skipped in the last run, and nothing else."""
    from floe.domain.model.run import DbtVerb, RunRequest
    from floe.entrypoints.run_command import open_and_run

    request = RunRequest(verb=DbtVerb.RETRY, variables=read_variables(variables), state_path=state)
    raise typer.Exit(
        open_and_run(
            artifacts,
            request,
            output=output,
            overrides=settings_of(orchestrator=orchestrator, log_format=log_format),
            target=target,
            profile=profile,
            threads=threads,
            project_root=project_root,
        )
    )


@app.command()
def dev(
    artifacts: Artifacts = None,
    *,
    port: Annotated[int, typer.Option(help="Where the web page is served, on localhost.")] = 3000,
) -> None:
    """Serve Dagster's web page for the project."""
    from floe.entrypoints.dev import serve

    with open_with(artifacts) as project:
        raise typer.Exit(serve(project, port))


@app.command()
def doctor(
    artifacts: Artifacts = None,
    *,
    target: Target = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="Sign in to the target as well.")
    ] = False,
) -> None:
    """Say what the project needs, what is missing, and where every setting comes from."""
    from floe.entrypoints.doctor import examine

    with open_with(artifacts, target=target) as project:
        raise typer.Exit(examine(project, connect=connect))


@app.command()
def report(
    artifacts: Artifacts = None,
    *,
    out: Annotated[Path | None, typer.Option(help="Where the page is written.")] = None,
    run_id: Annotated[
        str | None, typer.Option("--run", help="A run; the latest if absent.")
    ] = None,
) -> None:
    """Write one HTML page about a run: what ran, how long, what failed, and the graph."""
    with open_with(artifacts) as project:
        typer.echo(project.write_report(run_id=run_id, path=out))


def main() -> None:
    """Run the command line and exit with floe's exit codes.

    0 well; 1 a node failed; 2 bad input; 3 the environment is not ready; 4 nothing selected;
    5 required lineage not kept; 70 a bug of floe's; 130 interrupted.
    """
    from floe.entrypoints.collector import rest
    from floe.entrypoints.exit_codes import guarded

    rest()
    sys.exit(guarded(app))
