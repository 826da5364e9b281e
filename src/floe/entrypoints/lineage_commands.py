"""``floe lineage``: what waits in the outbox, what was refused, and how to send it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from floe.entrypoints.options import Artifacts, open_with, say

if TYPE_CHECKING:
    from floe.domain.model.delivery import DeliveryReport, Envelope

app = typer.Typer(
    help="See, send and tidy up what waits in the outbox: lineage, and telemetry over HTTP.",
    no_args_is_help=True,
)
Json = Annotated[bool, typer.Option("--json", help="One JSON document a line.")]
Identifier = Annotated[str | None, typer.Option("--id", help="One of them; all without it.")]


@app.command()
def status(artifacts: Artifacts = None, *, json: Json = False) -> None:
    """Count what was delivered, waits, was refused or had to be dropped."""
    from floe.domain.use_cases import deliver

    with open_with(artifacts) as project:
        now = deliver.status(outbox=project.container.outbox(), upkeep=project.container.upkeep())
        _account(now.reports, json=json)
        if not now.reports:
            say("nothing has been put into the outbox yet")
        say(f"the outbox takes {now.size_bytes / 1024:.0f} KiB")


@app.command()
def replay(
    artifacts: Artifacts = None,
    *,
    timeout: Annotated[float, typer.Option(help="Seconds to try for.")] = 60.0,
    json: Json = False,
) -> None:
    """End the runs of processes that died, and send everything that waits."""
    from floe.domain.use_cases import deliver

    with open_with(artifacts) as project:
        ended = project.housekeeping.recover()
        if ended:
            say(f"ended {ended} runs whose process had died")
        reports = deliver.replay(
            upkeep=project.container.upkeep(),
            sender=project.container.sender(),
            timeout_s=timeout,
        )
        _account(reports, json=json)
        if not any(report.delivered or report.waiting for report in reports):
            say("nothing waits")
        raise typer.Exit(1 if any(report.waiting for report in reports) else 0)


@app.command()
def show(
    artifacts: Artifacts = None,
    *,
    limit: Annotated[int, typer.Option(help="How many of each, at most.")] = 20,
) -> None:
    """Print what waits, oldest first, and what was refused, latest first, as JSON lines."""
    from floe.domain.use_cases import deliver

    with open_with(artifacts) as project:
        contents = deliver.show(upkeep=project.container.upkeep(), limit=limit)
        for envelope in contents.waiting:
            typer.echo(_line("waiting", envelope))
        for letter in contents.refused:
            typer.echo(_line("refused", letter.envelope, reason=letter.reason))
        if not contents.waiting and not contents.refused:
            say("nothing waits, and nothing was refused")


@app.command()
def requeue(artifacts: Artifacts = None, *, identifier: Identifier = None) -> None:
    """Let what was refused be sent again."""
    from floe.domain.use_cases import deliver

    with open_with(artifacts) as project:
        upkeep = project.container.upkeep()
        typer.echo(f"{deliver.requeue(upkeep=upkeep, envelope_id=identifier)} wait again")


@app.command()
def prune(
    artifacts: Artifacts = None,
    *,
    older_than_days: Annotated[
        float | None, typer.Option(help="What is older is dropped; the settings say it otherwise.")
    ] = None,
    refused: Annotated[bool, typer.Option("--refused", help="All that was refused, too.")] = False,
) -> None:
    """Drop what is old, waiting or refused; it counts as dropped."""
    from floe.domain.use_cases import deliver

    with open_with(artifacts) as project:
        age = None if older_than_days is None else timedelta(days=older_than_days)
        dropped = project.housekeeping.prune(age)
        dropped += deliver.purge(upkeep=project.container.upkeep()) if refused else 0
        typer.echo(f"{dropped} dropped")


def _account(reports: "Iterable[DeliveryReport]", *, json: bool) -> None:
    for report in reports:
        if json:
            typer.echo(report.model_dump_json())
            continue
        counts = ", ".join(
            f"{count} {word}"
            for word, count in (
                ("delivered", report.delivered),
                ("waiting", report.waiting),
                ("refused", report.refused),
                ("dropped", report.dropped),
            )
        )
        trouble = f" (last trouble: {report.last_error})" if report.last_error else ""
        typer.echo(f"{report.destination}: {counts}{trouble}")


def _line(state: str, envelope: "Envelope", **more: str) -> str:
    import json

    return json.dumps(
        {
            "state": state,
            "id": envelope.envelope_id,
            "destination": envelope.destination,
            "kind": envelope.kind,
            "created_at": envelope.created_at.isoformat(),
            **more,
            "body": envelope.body.decode("utf-8", errors="replace"),
        }
    )
