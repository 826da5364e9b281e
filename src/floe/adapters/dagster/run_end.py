"""When a run of several steps is over, as far as floe takes part in it: with its last dbt.

No process knows: the steps run in processes of their own, on several machines perhaps, and only
the event log of the Dagster instance is common to them. So each step notes there that its dbt has
ended, and then reads what others have noted. Whoever left the last note, with none missing, is the
one that the run ends with.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from dagster import DagsterEventType, DagsterInstance, OpExecutionContext
from dagster._core.events import EngineEventData
from dagster._core.execution.stats import StepEventStatus
from dagster._core.snap import ExecutionPlanSnapshot

from floe.adapters.dagster.services import Services
from floe.domain.model.run import RunContext, RunSummary
from floe.domain.model.value import utc_now

STEP_TAG = {"floe/step": "dbt"}
"""The tags by which floe's own steps are known among those of a run."""
_EXIT_CODE, _INTERRUPTED = "floe/exit_code", "floe/interrupted"
_LOG = logging.getLogger("floe.dagster")


class _Note(NamedTuple):
    """What a step left in the event log when its dbt had ended; *place* is its place there."""

    place: int
    exit_code: int
    interrupted: bool

    @property
    def is_failure(self) -> bool:
        return self.exit_code != 0 or self.interrupted


_DIED = _Note(0, 1, interrupted=False)
"""In the place of the note of a step that failed and left none: its process was killed."""


class _Stats(NamedTuple):
    """The steps that run just now, and those that Dagster says have failed."""

    begun: frozenset[str]
    failed: frozenset[str]

    @classmethod
    def of(cls, context: OpExecutionContext) -> "_Stats":
        """Ask the instance."""
        steps = context.instance.get_run_step_stats(context.run_id)
        begun, failed = (
            frozenset(step.step_key for step in steps if step.status is status)
            for status in (StepEventStatus.IN_PROGRESS, StepEventStatus.FAILURE)
        )
        return cls(begun, failed)


def ending_run(services: Services, context: OpExecutionContext) -> Services:
    """Return *services* that tell with the last dbt of a run how the run as a whole ended."""
    on_run_end, on_finish = services.on_run_end, services.on_finish
    if on_run_end is None:
        return services

    def finished(run: RunContext, summary: RunSummary) -> None:
        whole = _whole_run(context, summary)
        if whole is not None:
            on_run_end(run, whole)
        on_finish(run, summary)

    return replace(services, on_finish=finished)


def _whole_run(context: OpExecutionContext, summary: RunSummary) -> RunSummary | None:
    """Return the account of the run where it is over with *summary*; its start is Dagster's.

    Dagster's event log is somebody else's: where it cannot be read, nobody ends the run.
    """
    try:
        if _comes_again(context, summary):
            return None
        notes = _last_notes(context, summary)
        return _account_of(context, summary, notes) if notes is not None else None
    except Exception:  # noqa: BLE001 - the edge where telemetry stops mattering
        _LOG.debug("it is not known whether the run is over", exc_info=True)
        return None


def _comes_again(context: OpExecutionContext, summary: RunSummary) -> bool:
    if context.get_step_execution_context().retry_mode.disabled:
        return False
    policy = context.job_def.get_retry_policy_for_handle(context.op_handle)
    failed = summary.exit_code != 0 and not summary.interrupted
    return failed and policy is not None and context.retry_number < policy.max_retries


def _last_notes(context: OpExecutionContext, summary: RunSummary) -> Mapping[str, _Note] | None:
    """Return the notes of all floe's steps where this step's is the last, else None."""
    this, instance = str(context.op_handle), context.instance
    own_note = _Note(0, summary.exit_code, summary.interrupted)
    if [node.name for node in context.job_def.nodes] == [this]:
        return {this: own_note}
    plan = instance.get_execution_plan_snapshot(context.run.execution_plan_snapshot_id or "")
    planned = set(plan.step_keys_to_execute)
    own = {step.key for step in plan.steps if _is_own(step.tags)} & planned | {this}
    if own == {this}:
        return {this: own_note}
    _leave(context, own_note)
    notes = {key: note for key, note in _notes(instance, context.run_id) if key in own}
    stats = _Stats.of(context)
    missing = own - notes.keys() - _never_started(plan, stats, notes)
    is_last = max(notes, key=lambda key: notes[key].place) == this
    died = dict.fromkeys((own & stats.failed) - notes.keys(), _DIED)
    return {**died, **notes} if is_last and not missing else None


def _is_own(tags: Mapping[str, str] | None) -> bool:
    return STEP_TAG.items() <= (tags or {}).items()


def _leave(context: OpExecutionContext, note: _Note) -> None:
    context.instance.report_engine_event(
        "dbt has ended in this step",
        context.run,
        EngineEventData({_EXIT_CODE: note.exit_code, _INTERRUPTED: note.interrupted}),
        step_key=str(context.op_handle),
    )


def _notes(instance: DagsterInstance, run_id: str) -> Iterator[tuple[str, _Note]]:
    """Yield the notes in the event log of a run, oldest first."""
    cursor, has_more = None, True
    while has_more:
        page = instance.get_records_for_run(run_id, cursor, DagsterEventType.ENGINE_EVENT)
        for record in page.records:
            event = record.event_log_entry.dagster_event
            said = event.engine_event_data.metadata if event else {}
            code, interrupted = said.get(_EXIT_CODE), said.get(_INTERRUPTED)
            if event and event.step_key and code is not None and interrupted is not None:
                exit_code = int(str(code.value))
                yield event.step_key, _Note(record.storage_id, exit_code, bool(interrupted.value))
        cursor, has_more = page.cursor, page.has_more


def _never_started(
    plan: ExecutionPlanSnapshot, stats: _Stats, notes: Mapping[str, _Note]
) -> set[str]:
    """Return the steps that will not start: those below a failure; all, when the run is stopped."""
    if any(note.interrupted for note in notes.values()):
        return {step.key for step in plan.steps} - stats.begun
    lost = {*stats.failed} | {key for key, note in notes.items() if note.is_failure}
    for step in plan.steps:  # in an order in which what a step needs comes first
        if any(key in lost for item in step.inputs for key in item.upstream_step_keys):
            lost.add(step.key)
    return lost - stats.begun


def _account_of(
    context: OpExecutionContext, summary: RunSummary, notes: Mapping[str, _Note]
) -> RunSummary:
    failed = sorted(key for key, note in notes.items() if note.is_failure)
    record = context.instance.get_run_record_by_id(context.run_id)
    started_at = record.start_time if record else None
    return summary.model_copy(
        update={
            "started_at": datetime.fromtimestamp(started_at, UTC)
            if started_at
            else summary.started_at,
            "finished_at": utc_now(),
            "exit_code": max(note.exit_code for note in notes.values()),
            "interrupted": any(note.interrupted for note in notes.values()),
            "message": f"failed steps: {', '.join(failed)}"
            if failed and len(notes) > 1
            else summary.message,
        }
    )
