"""``floe run``: show the run while it happens, then give the account and the exit code."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Unpack

from floe.container import LINEAGE
from floe.domain.model import settings as chosen
from floe.domain.model.archived_run import usual_times
from floe.domain.model.closing_account import ClosingAccount, Place
from floe.domain.model.errors import FloeError
from floe.domain.model.node_event import DbtEvent, NodeFinished
from floe.domain.model.run import RunRequest
from floe.domain.use_cases.run_pipeline import RunOutcome
from floe.entrypoints.collector import resume
from floe.entrypoints.exit_codes import LINEAGE_NOT_KEPT, NODE_FAILED, WELL, code_of
from floe.entrypoints.options import Opening, open_with, say
from floe.entrypoints.progress import Output, default_output, progress_view
from floe.entrypoints.project import Project

_COMPARED = 10


def open_and_run(
    artifacts: Path | None,
    request: RunRequest,
    *,
    output: Output | None,
    **options: Unpack[Opening],
) -> int:
    """Open the project as the *options* say, run what *request* asks, and return the exit code."""
    with open_with(artifacts, **options) as project:
        return run_command(project, request, output=output)


def run_command(project: Project, request: RunRequest, *, output: Output | None = None) -> int:
    """Run the project and return the exit code; progress goes to standard error, JSON to output."""
    command = project.command(request)
    as_log = project.settings.log_format == "json"
    output = output or default_output(sys.stderr, project.environ, as_log=as_log)
    context = project.start()
    recent = project.container.run_archive().recent(_COMPARED)
    stream = sys.stdout if output == "json" else sys.stderr
    graph = project.container.graph()
    _warn(project)
    with progress_view(
        output, stream, context=context, graph=graph, usual=usual_times(recent)
    ) as view:

        def heard(event: DbtEvent) -> None:
            view.on_event(event)
            if isinstance(event, NodeFinished):
                resume()

        try:
            outcome = project.run(command, context=context, on_event=heard)
        except FloeError as error:
            view.refusal(error.problems, code_of(error))
            return code_of(error)
        code = exit_code(outcome, lineage_required=project.settings.lineage_required)
        view.summary(
            ClosingAccount.of(
                outcome.summary,
                graph=graph,
                reports=outcome.reports,
                lost=outcome.lineage_lost + outcome.spans_lost,
                places=tuple(_places(project)),
                exit_code=code,
            )
        )
    return code


def _warn(project: Project) -> None:
    """Tell what is odd about the profile; what is wrong with it, the run tells."""
    with suppress(FloeError):
        for warning in project.container.profile().warnings:
            say(f"warning: {warning}")


def exit_code(outcome: RunOutcome, *, lineage_required: bool) -> int:
    """Return the exit code of a run; backends have no say, unless lineage is required."""
    code = outcome.summary.exit_code
    if code == WELL and outcome.summary.failed:
        code = NODE_FAILED
    dropped = any(report.dropped for report in outcome.reports if report.destination == LINEAGE)
    if code == WELL and lineage_required and (outcome.lineage_lost or dropped):
        return LINEAGE_NOT_KEPT
    return code


def _places(project: Project) -> Iterator[Place]:
    root = project.plan.project_root
    match project.settings.lineage:
        case chosen.File(path=path):
            yield Place(what="lineage", where=str(root / path))
        case chosen.LineageHttp(url=url):
            yield Place(what="lineage", where=url)
    match project.settings.tracing:
        case chosen.File(path=path):
            yield Place(what="traces", where=str(root / path))
        case chosen.OtlpHttp(endpoint=endpoint) | chosen.OtlpGrpc(endpoint=endpoint):
            yield Place(what="traces", where=endpoint)
    yield Place(what="report", where="floe report")
