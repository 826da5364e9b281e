"""The story of a run as log lines, each with the ids of the span and the lineage run it tells."""

import logging
from contextlib import ExitStack

from floe.adapters.otlp import correlation
from floe.adapters.otlp.logs import STORY_LOGGER, json_logs
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.lineage import LineageEventType
from floe.domain.model.node_event import NodeFinished, NodeStatus
from floe.domain.model.run import RunContext, RunSummary
from floe.domain.model.run_ledger import RunTransition
from floe.ports.tracer import Tracer

_LOG = logging.getLogger(STORY_LOGGER)
_REMARKABLE = frozenset({NodeStatus.WARN, NodeStatus.SKIPPED})


class LoggingTracer:
    """Says what it is told as JSON lines on standard error, and tells *tracer* as well.

    The lines of all floe's loggers are JSON from the first transition until ``close``, at *level*
    and above; every line has the ids of where the run was.
    """

    def __init__(self, tracer: Tracer, level: str = "INFO") -> None:
        self._tracer = tracer
        self._level = level
        self._logs = ExitStack()
        self._is_on = False

    def record(self, transition: RunTransition) -> None:
        """Say *transition* and hand it on.

        Raises:
            TelemetryError: *tracer* could not keep it.
        """
        self._switch_on()
        if transition.is_invocation and not transition.state.is_end:
            correlation.enter(_position(transition))
        self._say(transition)
        if transition.is_invocation and transition.state.is_end:
            correlation.leave(_position(transition))
        self._tracer.record(transition)

    def record_run(self, context: RunContext, summary: RunSummary) -> None:
        """Say how the run ended and hand it on.

        Raises:
            TelemetryError: *tracer* could not keep it.
        """
        self._switch_on()
        well = summary.exit_code == 0 and not summary.interrupted
        fields = {
            "pipeline": context.pipeline,
            "run_id": context.run_id,
            "exit_code": summary.exit_code,
            "interrupted": summary.interrupted,
            "seconds": summary.elapsed_s,
            "nodes": len(summary.nodes),
            "failed": len(summary.failed),
            "error": summary.message,
            "trace_id": context.trace_id,
            "span_id": context.run_span_id,
            "openlineage_run_id": context.invocation_run_id,
        }
        _LOG.log(logging.INFO if well else logging.ERROR, "run finished", extra=_known(fields))
        self._tracer.record_run(context, summary)

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Close *tracer*, say no more, and return the account."""
        try:
            return self._tracer.close(timeout_s)
        finally:
            self._logs.close()
            self._is_on = False

    def _switch_on(self) -> None:
        if not self._is_on:
            self._logs.enter_context(json_logs(self._level))
            self._is_on = True

    @staticmethod
    def _say(transition: RunTransition) -> None:
        subject = "dbt" if transition.is_invocation else "node"
        if transition.state.is_end:
            level, event = _level_of_end(transition), f"{subject} finished"
        else:
            level = logging.INFO if transition.is_invocation else logging.DEBUG
            event = f"{subject} started"
        if _LOG.isEnabledFor(level):
            _LOG.log(level, event, extra=_known(_fields(transition)))


def _level_of_end(end: RunTransition) -> int:
    if end.finished is not None and end.finished.status in _REMARKABLE:
        return logging.WARNING
    return logging.INFO if end.state is LineageEventType.COMPLETE else logging.ERROR


def _fields(transition: RunTransition) -> dict[str, object]:
    fields: dict[str, object] = {
        "pipeline": transition.context.pipeline,
        "run_id": transition.context.run_id,
        "node": transition.unique_id,
        "resource_type": transition.resource_type if transition.unique_id else None,
        "error": transition.message,
        "trace_id": transition.context.trace_id,
        "span_id": transition.span_id,
        "openlineage_run_id": transition.run_id,
        **transition.context.orchestrator_attributes,
    }
    if transition.invocation is not None and transition.is_invocation:
        fields["dbt_invocation_id"] = transition.invocation.invocation_id
    if transition.state.is_end:
        fields["status"] = _status(transition)
        fields["seconds"] = (transition.at - transition.started_at).total_seconds()
    return fields | _account_of(transition.finished) if transition.finished else fields


def _account_of(finished: NodeFinished) -> dict[str, object]:
    return {
        "seconds": finished.execution_time_s,
        "rows": finished.rows_affected,
        "failures": finished.failures,
        "dbt_thread": finished.thread,
    }


def _status(end: RunTransition) -> str:
    return end.finished.status.value if end.finished else end.state.value.lower()


def _known(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _position(transition: RunTransition) -> correlation.Position:
    context = transition.context
    return correlation.Position(
        context.trace_id, context.invocation_span_id, context.invocation_run_id
    )
