"""Which spans a run has: names, times, attributes and links, as plain values.

The tree is run → invocation → node; links lead from a node to the nodes that it waited for.
Names and attributes: docs/reference/telemetry.md; semantic conventions 1.44.0.
"""

from collections.abc import Callable, Mapping

from floe.adapters.otlp import failure
from floe.adapters.otlp.attributes import clean
from floe.adapters.otlp.span_record import LogRecord, SpanLink, SpanRecord, nanoseconds
from floe.domain.model.identity import invocation_job_name, node_job_name
from floe.domain.model.lineage import LineageEventType
from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_event import NodeFinished, NodeStatus
from floe.domain.model.run import RunContext, RunSummary
from floe.domain.model.run_ledger import RunTransition
from floe.domain.model.tracing import AttributeValue

DEPENDS_ON = "depends_on"
TESTS = "tests"
_SYSTEMS = {"bigquery": "gcp.bigquery", "postgres": "postgresql", "redshift": "aws.redshift"}
_ERROR_SEVERITY = 17
_LONGEST_SQL = 20_000


def shared_attributes(transition: RunTransition) -> dict[str, AttributeValue]:
    """Return what every span of the invocation of *transition* says: tenant, target, run ids."""
    context, invocation = transition.context, transition.invocation
    return clean(
        {
            **run_attributes(context),
            "db.system.name": _SYSTEMS.get(context.target, context.target) or None,
            "dbt.invocation_id": invocation.invocation_id if invocation else None,
        }
    )


def run_attributes(context: RunContext) -> dict[str, AttributeValue]:
    """Return what every span of a run says."""
    return clean(
        {
            **context.attributes,
            **context.orchestrator_attributes,
            "floe.pipeline.name": context.pipeline,
            "floe.run.id": context.run_id,
            "floe.orchestrator": context.orchestrator,
            "floe.compute.target": context.target or None,
            "dbt.target.name": context.target_name or None,
        }
    )


def of_run(context: RunContext, summary: RunSummary) -> SpanRecord:
    """Return the span of a whole run."""
    parent = context.trace_parent
    failed = [node.name for node in summary.failed]
    attributes = {"floe.run.result": run_result(summary), "dbt.exit_code": summary.exit_code}
    error = None
    if attributes["floe.run.result"] != "success":
        error = failure.description(summary.message) or _failed_nodes(failed)
        attributes["error.type"] = _run_error_type(summary)
    return SpanRecord(
        trace_id=context.trace_id,
        span_id=context.run_span_id,
        parent_span_id=parent.span_id if parent else None,
        parent_is_remote=parent is not None,
        name=f"floe.run {context.pipeline}",
        start_ns=nanoseconds(summary.started_at),
        end_ns=max(nanoseconds(summary.finished_at), nanoseconds(summary.started_at)),
        shared=run_attributes(context),
        attributes=clean(attributes),
        error=error,
    )


def run_result(summary: RunSummary) -> str:
    """Return ``success``, ``failure`` or ``interrupted``."""
    if summary.interrupted:
        return failure.INTERRUPTED
    return "success" if summary.exit_code == 0 else "failure"


def of_invocation(end: RunTransition, shared: Mapping[str, AttributeValue]) -> SpanRecord:
    """Return the span of the dbt invocation that ended with *end*."""
    invocation = end.invocation
    attributes = {
        "dbt.command": invocation.verb if invocation else None,
        "dbt.version": invocation.dbt_version or None if invocation else None,
        **_openlineage(end),
    }
    return SpanRecord(
        trace_id=end.context.trace_id,
        span_id=end.span_id,
        parent_span_id=end.context.run_span_id,
        name=f"dbt {(invocation.verb if invocation else '') or 'invocation'}",
        start_ns=nanoseconds(end.started_at),
        end_ns=nanoseconds(end.at),
        shared=shared,
        attributes=clean(attributes | _error(end)),
        error=_description(end),
    )


def of_node(
    end: RunTransition,
    shared: Mapping[str, AttributeValue],
    was_seen: Callable[[str], bool],
    *,
    capture_sql: bool = False,
) -> SpanRecord:
    """Return the span of the node that ended with *end*, with dbt's own times.

    *was_seen* says whether a node belongs to this invocation: only then has it a span to link to.
    A skipped node did nothing and takes no time.
    """
    context, start_ns = end.context, nanoseconds(end.started_at)
    return SpanRecord(
        trace_id=context.trace_id,
        span_id=end.span_id,
        parent_span_id=context.invocation_span_id,
        name=f"{end.resource_type} {end.name}",
        start_ns=start_ns,
        end_ns=start_ns if is_skipped(end) else nanoseconds(end.at),
        shared=shared,
        attributes=clean(_node_attributes(end, capture_sql=capture_sql) | _error(end)),
        links=tuple(
            SpanLink(context.node_span_id(unique_id), relation)
            for unique_id, relation in _upstream(end).items()
            if was_seen(unique_id)
        ),
        error=_description(end),
    )


def exception_of(end: RunTransition) -> LogRecord:
    """Return the log record of the failure that *end* is, with the ids of its span."""
    text = failure.description(end.message)
    return LogRecord(
        time_ns=nanoseconds(end.at),
        body=text,
        severity=_ERROR_SEVERITY,
        severity_text="ERROR",
        trace_id=end.context.trace_id,
        span_id=end.span_id,
        event_name="exception",
        attributes={
            **run_attributes(end.context),
            "exception.type": failure.error_type(end),
            "exception.message": text,
            "openlineage.run.id": end.run_id,
        },
    )


def status_of(end: RunTransition) -> str:
    """Return dbt's word for how the node ended; ``interrupted`` where dbt had none."""
    return end.finished.status.value if end.finished else failure.INTERRUPTED


def is_skipped(end: RunTransition) -> bool:
    """Whether dbt passed the node over, which is neither a success nor a failure."""
    return end.finished is not None and end.finished.status is NodeStatus.SKIPPED


def is_failure(end: RunTransition) -> bool:
    """Whether the span is to say that something went wrong; an interruption is such a thing."""
    return end.state is not LineageEventType.COMPLETE and not is_skipped(end)


def _node_attributes(end: RunTransition, *, capture_sql: bool) -> dict[str, object]:
    attributes: dict[str, object] = {
        "floe.asset.name": end.name,
        "dbt.node.unique_id": end.unique_id,
        "dbt.node.name": end.name,
        "dbt.node.resource_type": end.resource_type,
        "dbt.node.status": status_of(end),
        **_openlineage(end),
    }
    if end.node is not None:
        attributes |= _manifest_attributes(end.node)
    if end.finished is not None:
        attributes |= _result_attributes(end.finished)
        if capture_sql:
            attributes["db.query.text"] = (end.finished.compiled_code or "")[:_LONGEST_SQL] or None
    if is_skipped(end):
        attributes["dbt.node.skip_reason"] = failure.description(end.message) or None
    return attributes


def _manifest_attributes(node: DbtNode) -> dict[str, object]:
    namespace = ".".join(part for part in (node.database, node.schema_name) if part)
    return {
        "dbt.node.materialized": node.materialization,
        "db.namespace": namespace or None,
        "db.collection.name": node.relation[-1] if node.is_dataset else None,
        "code.file.path": node.path,
    }


def _result_attributes(finished: NodeFinished) -> dict[str, object]:
    response = finished.adapter_response
    return {
        "dbt.node.execution_time": finished.execution_time_s,
        "dbt.node.rows_affected": finished.rows_affected,
        "dbt.node.failures": finished.failures,
        "dbt.node.thread": finished.thread,
        "dbt.query_id": response.get("query_id") or response.get("job_id"),
    }


def _upstream(end: RunTransition) -> dict[str, str]:
    """Return unique id → relation; who reads an ephemeral model reads what that one reads."""
    node = end.node
    is_test = node is not None and node.is_test
    found = dict.fromkeys((item.unique_id for item in end.inputs), TESTS if is_test else DEPENDS_ON)
    for unique_id in node.depends_on if node is not None else ():
        found.setdefault(unique_id, DEPENDS_ON)
    return found


def _openlineage(end: RunTransition) -> dict[str, object]:
    pipeline, unique_id = end.context.pipeline, end.unique_id
    return {
        "openlineage.run.id": end.run_id,
        "openlineage.job.namespace": end.context.namespace,
        "openlineage.job.name": node_job_name(unique_id)
        if unique_id
        else invocation_job_name(pipeline),
    }


def _error(end: RunTransition) -> dict[str, object]:
    return {"error.type": failure.error_type(end)} if is_failure(end) else {}


def _description(end: RunTransition) -> str | None:
    return failure.description(end.message) if is_failure(end) else None


def _failed_nodes(names: list[str]) -> str:
    return f"failed: {', '.join(names[:10])}" if names else "dbt could not run"


def _run_error_type(summary: RunSummary) -> str:
    if summary.interrupted:
        return failure.INTERRUPTED
    return "dbt.node_failure" if summary.failed else failure.error_type_of(summary.message)
