"""One dbt invocation inside a Dagster step: its command, its identity, its end."""

import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster import AssetExecutionContext, Config, Failure, MetadataValue, OpExecutionContext
from pydantic import Field

from floe.adapters.dagster.executor_watch import not_outliving_executor
from floe.adapters.dagster.live_streams import live
from floe.adapters.dagster.partitions import Window
from floe.adapters.dagster.results import DagsterEvent, ResultMapper, plain
from floe.adapters.dagster.run_end import ending_run
from floe.adapters.dagster.run_watch import RunWatch
from floe.adapters.dagster.selection import DbtSelection, also_meeting
from floe.adapters.dagster.services import Services
from floe.domain.model.errors import FloeError
from floe.domain.model.node_event import (
    DbtEvent,
    LogEmitted,
    NodeFinished,
    NodeStatus,
)
from floe.domain.model.run import DbtCommand, RunContext, RunReference, RunSummary
from floe.domain.model.run_record import RunRecord
from floe.domain.model.tracing import TraceParent
from floe.domain.model.value import utc_now

TRACE_PARENT_TAG = "floe/traceparent"
"""The run tag with the position in a trace (W3C Trace Context) that a run continues."""
_COULD_NOT_RUN = 2
"""dbt's own exit code where it could not run at all."""
_SCHEDULED_AT = ".dagster/scheduled_execution_time"
"""The hidden tag that Dagster's scheduler puts on a run."""
_UNREAD = ("--no-write-json",)
"""Artifacts in a directory that is gone after the run: results and lineage come from events."""


class DbtRunConfig(Config):
    """What a person may ask of one run, in the launchpad or in a job's configuration."""

    select: list[str] = Field(
        default_factory=list,
        description="Run only what also meets one of these criteria of dbt's: state:modified+",
    )
    full_refresh: bool = Field(default=False, description="Build incremental models anew.")
    variables: dict[str, Any] = Field(default_factory=dict, description="dbt variables.")
    threads: int | None = Field(default=None, description="dbt threads.")
    defer: bool | None = Field(
        default=None, description="Read what is not built here from the state of the settings."
    )
    arguments: list[str] = Field(default_factory=list, description="Further dbt arguments.")


def command_of(
    services: Services,
    selection: DbtSelection,
    config: DbtRunConfig,
    window: Window | None,
    target_path: Path | None,
) -> DbtCommand:
    """Return the command of one run; a time window becomes the variables of dagster-dbt's guide.

    In a *target_path* of the run's own dbt writes what it runs, and no artifacts beside it.
    """
    times = {"min_date": window.start, "max_date": window.end} if window else {}
    base = services.command
    return base.model_copy(
        update={
            "select": also_meeting(selection.select or base.select, config.select),
            "exclude": selection.exclude or base.exclude,
            "selector": selection.selector or base.selector,
            "full_refresh": base.full_refresh or config.full_refresh,
            "threads": config.threads or base.threads,
            "defer": base.defer if config.defer is None else config.defer,
            "target_path": target_path or base.target_path,
            "variables": {
                **{name: at.isoformat() for name, at in times.items()},
                **base.variables,
                **config.variables,
            },
            "arguments": (
                *(_UNREAD if target_path else ()),
                *base.arguments,
                *selection.arguments,
                *config.arguments,
            ),
        }
    )


def run_context_of(
    services: Services, context: OpExecutionContext, attempt: int, window: Window | None = None
) -> RunContext:
    """Return who runs: the Dagster run, in one *attempt* at one of its steps."""
    dagster_run = RunReference(
        run_id=context.run_id,
        job_namespace=services.context.namespace,
        job_name=context.job_name,
    )
    step_key = str(context.op_handle)
    is_known = context.run_id == services.context.run_id and attempt == 1
    attributes = {
        "dagster.run_id": context.run_id,
        "dagster.job_name": context.job_name,
        "dagster.step_key": step_key,
        "dagster.attempt": str(attempt),
    }
    if context.run.parent_run_id and context.run.root_run_id:
        attributes["dagster.parent_run_id"] = context.run.parent_run_id
        attributes["dagster.root_run_id"] = context.run.root_run_id
    if context.has_partition_key:
        attributes["dagster.partition_key"] = context.partition_key
    return services.context.model_copy(
        update={
            "run_id": context.run_id,
            "invocation": services.context.invocation
            if is_known  # whoever started the run has told others who it is
            else f"{step_key}/{attempt}",
            "started_at": utc_now(),
            "orchestrator": "dagster",
            "trace_parent": TraceParent.parse(context.run.tags.get(TRACE_PARENT_TAG, ""))
            or services.context.trace_parent,
            "parent": services.context.parent or dagster_run,
            "root": services.context.root or dagster_run,
            "orchestrator_attributes": attributes,
            "nominal_start": window.start if window else tick_of(context.run.tags),
            "nominal_end": window.end if window else None,
        }
    )


def tick_of(tags: Mapping[str, str]) -> datetime | None:
    """Return when the schedule that started a run with *tags* meant it to; None without one."""
    try:
        moment = datetime.fromisoformat(tags.get(_SCHEDULED_AT, ""))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def dbt_events(
    services: Services, command: DbtCommand, context: RunContext
) -> Generator[DbtEvent, None, RunSummary]:
    """Yield what dbt says and return the account of it.

    However the reader goes away, dbt is gone and its lineage ended when this returns.

    Raises:
        FloeError: dbt could not be run.
    """
    record = RunRecord(context)
    services.on_start()
    try:
        with closing(services.dbt(command, context, services.read_graph())) as events:
            for event in events:
                services.on_event(event)
                record.hear(event)
                if services.echoes:
                    _echo(event)
                yield event
    except FloeError as error:
        services.on_error(error)
        refused = {"exit_code": _COULD_NOT_RUN, "message": str(error)}
        services.on_finish(context, record.summary().model_copy(update=refused))
        raise
    except BaseException:
        services.on_finish(context, record.summary(interrupted=True))
        raise
    summary = record.summary()
    services.on_finish(context, summary)
    return summary


def dagster_events(
    services: Services,
    command: DbtCommand,
    run: RunContext,
    mapper: ResultMapper,
    context: AssetExecutionContext,
) -> Iterator[DagsterEvent]:
    """Run *command* and yield its results to Dagster while dbt runs.

    Raises:
        Failure: A node failed, or dbt could not run; with dbt's own text.
    """
    events = dbt_events(ending_run(services, context.op_execution_context), command, run)
    with not_outliving_executor(context.op_execution_context), live(events):
        try:
            summary = yield from _told(events, mapper, context)
        except FloeError as error:
            raise Failure(description=plain(str(error)), allow_retries=False) from error
    raise_for(summary)


def _told(
    events: Generator[DbtEvent, None, RunSummary],
    mapper: ResultMapper,
    context: AssetExecutionContext,
) -> Generator[DagsterEvent, None, RunSummary]:
    run_watch = RunWatch(context)
    while True:
        try:
            event = next(events)
        except StopIteration as stop:
            summary: RunSummary = stop.value
            return summary
        run_watch()
        _log(event, context)
        if isinstance(event, NodeFinished):
            yield from mapper.events_of(event)


def _echo(event: DbtEvent) -> None:
    """Write dbt's own line to standard output, as dbt itself would."""
    text = plain(str(((event.raw or {}).get("info") or {}).get("msg") or ""))
    if text:
        sys.stdout.write(f"{event.at:%H:%M:%S}  {text}\n")
        sys.stdout.flush()


def _log(event: DbtEvent, context: AssetExecutionContext) -> None:
    if isinstance(event, NodeFinished) and event.status.is_failure:
        context.log.error("%s: %s", event.unique_id, plain(event.message or str(event.status)))
    elif isinstance(event, NodeFinished) and event.status is NodeStatus.SKIPPED:
        reason = plain(event.message) if event.message else "a parent failed"
        context.log.warning("%s: skipped by dbt: %s", event.unique_id, reason)
    elif isinstance(event, LogEmitted) and event.level in {"warn", "error"} and event.text.strip():
        log = context.log.error if event.level == "error" else context.log.warning
        log(plain(event.text))


def raise_for(summary: RunSummary) -> None:
    """Return when the run went well.

    Raises:
        Failure: It did not; with dbt's text for each node that failed.
    """
    failed = summary.failed
    if summary.exit_code == 0 and not summary.interrupted:
        return
    texts = [f"{node.unique_id}: {plain(node.message or str(node.status))}" for node in failed]
    if not texts:
        texts = [plain(summary.message or f"dbt ended with exit code {summary.exit_code}")]
    raise Failure(
        description="\n\n".join(texts),
        metadata={
            "floe/failed_nodes": MetadataValue.json([node.unique_id for node in failed]),
            "floe/exit_code": summary.exit_code,
        },
    )
