"""``floe profiles``: write the file, print it, or say whether it is what would be written."""

from collections.abc import Sequence

import typer

from floe.domain.use_cases.write_profiles import write_environments
from floe.entrypoints.exit_codes import NODE_FAILED, WELL
from floe.entrypoints.options import say
from floe.entrypoints.project import Project


def profiles_command(
    projects: Sequence[Project], *, default_target: str | None = None, stdout: bool, check: bool
) -> int:
    """Keep the profiles of all *projects* in one file, that of the first; return the exit code.

    The first one's target is the default, unless *default_target* names another.
    """
    first = projects[0]
    store = first.container.profile_store()
    generators = {id(project.plan): project.container.profile_generator() for project in projects}
    written = write_environments(
        [project.plan for project in projects],
        generators=lambda plan: generators[id(plan)],
        store=store,
        default_target=default_target,
        check=check or stdout,
    )
    for warning in written.warnings:
        say(f"warning: {warning}")
    if stdout:
        typer.echo(store.render(written.profile), nl=False)
        return WELL
    if check:
        typer.echo(f"{written.path}: {'current' if written.current else 'not current'}")
        return WELL if written.current else NODE_FAILED
    typer.echo(written.path)
    return WELL
