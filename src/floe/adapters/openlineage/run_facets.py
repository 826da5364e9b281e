"""The facets of a run: under whom it ran, when it was due, how it ended."""

from collections.abc import Mapping
from datetime import datetime

from openlineage.client.facet_v2 import (
    RunFacet,
    error_message_run,
    external_query_run,
    job_dependencies_run,
    nominal_time_run,
    parent_run,
    processing_engine_run,
)

from floe.adapters.openlineage.assertions import test_facet
from floe.adapters.openlineage.custom_facets import FloeDbtRunRunFacet, FloeTraceContextRunFacet
from floe.adapters.openlineage.job_names import invocation_reference
from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.serialization import Document, facet
from floe.domain.model.identity import node_job_name
from floe.domain.model.lineage import LineageEventType
from floe.domain.model.run import RunContext, RunReference
from floe.domain.model.run_ledger import RunTransition
from floe.domain.model.tracing import traceparent

_UNKNOWN_VERSION = "unknown"


def shared_facets(
    transition: RunTransition, profile: EventProfile
) -> dict[str, RunFacet | Document]:
    """Return the facets that all nodes of an invocation have in common, or the invocation's."""
    return _present(
        {
            "parent": _parent(transition, profile),
            "processing_engine": _engine(transition, profile),
            "nominalTime": _nominal_time(transition.context, profile),
        }
    )


def own_facets(transition: RunTransition, profile: EventProfile) -> dict[str, RunFacet | Document]:
    """Return the facets that only the run of *transition* has, if any."""
    return _present(
        {
            "errorMessage": _error_message(transition, profile),
            "externalQuery": _external_query(transition, profile),
            "jobDependencies": _dependencies(transition, profile),
            "test": test_facet(transition, profile),
        }
    )


def _present(
    facets: Mapping[str, RunFacet | Document | None],
) -> dict[str, RunFacet | Document]:
    return {key: found for key, found in facets.items() if found is not None}


def parent_facet(
    parent: RunReference, root: RunReference, producer: str
) -> parent_run.ParentRunFacet:
    """Return the facet that names *parent* and *root*."""
    return parent_run.ParentRunFacet(
        run=parent_run.Run(runId=parent.run_id),
        job=parent_run.Job(namespace=parent.job_namespace, name=parent.job_name),
        root=parent_run.Root(
            run=parent_run.RootRun(runId=root.run_id),
            job=parent_run.RootJob(namespace=root.job_namespace, name=root.job_name),
        ),
        producer=producer,
    )


def _parent(transition: RunTransition, profile: EventProfile) -> RunFacet | None:
    context = transition.context
    if transition.is_invocation:
        if context.parent is None:
            return None
        return parent_facet(context.parent, context.root or context.parent, profile.producer)
    invocation = invocation_reference(context, profile.namespace)
    root = context.root or context.parent or invocation
    return parent_facet(invocation, root, profile.producer)


def _engine(transition: RunTransition, profile: EventProfile) -> RunFacet:
    return processing_engine_run.ProcessingEngineRunFacet(
        name="dbt",
        version=_dbt_version(transition, profile) or _UNKNOWN_VERSION,
        openlineageAdapterVersion=profile.version,
        producer=profile.producer,
    )


def _dbt_version(transition: RunTransition, profile: EventProfile) -> str | None:
    started = transition.invocation
    return (started.dbt_version if started else "") or profile.dbt_version or None


def _nominal_time(context: RunContext, profile: EventProfile) -> RunFacet | None:
    if context.nominal_start is None:
        return None
    return nominal_time_run.NominalTimeRunFacet(
        nominalStartTime=_moment(context.nominal_start),
        nominalEndTime=None if context.nominal_end is None else _moment(context.nominal_end),
        producer=profile.producer,
    )


def dbt_run_facet(transition: RunTransition, profile: EventProfile) -> Document:
    """Return the dbt invocation as all its runs tell it; an end adds ``nodeStatus`` and more."""
    context, started = transition.context, transition.invocation
    return facet(
        FloeDbtRunRunFacet,
        profile.producer,
        pipeline=context.pipeline,
        invocation=context.invocation,
        target=context.target or None,
        targetName=context.target_name or None,
        orchestrator=context.orchestrator,
        dbtInvocationId=(started.invocation_id if started else "") or None,
        dbtVersion=_dbt_version(transition, profile),
    )


def trace_facet(transition: RunTransition, profile: EventProfile) -> Document:
    """Return the trace as all runs of an invocation tell it; each adds its own span."""
    trace_id = transition.context.trace_id
    return facet(FloeTraceContextRunFacet, profile.producer, traceId=trace_id)


def trace_position(transition: RunTransition) -> str:
    """Return the span of *transition* as a ``traceparent`` (W3C Trace Context)."""
    context = transition.context
    sampled = context.trace_parent.sampled if context.trace_parent else True
    return traceparent(context.trace_id, transition.span_id, sampled=sampled)


def error_facet(message: str, language: str, producer: str) -> dict[str, RunFacet]:
    """Return the facet with *message* under its key."""
    found = error_message_run.ErrorMessageRunFacet(
        message=message, programmingLanguage=language, producer=producer
    )
    return {"errorMessage": found}


def _error_message(transition: RunTransition, profile: EventProfile) -> RunFacet | None:
    if transition.state not in {LineageEventType.FAIL, LineageEventType.ABORT}:
        return None
    node = transition.node
    finished = transition.finished
    fallback = f"dbt reports: {finished.status}" if finished else "dbt gave no reason"
    message = profile.cleaned(transition.message or "") or fallback
    language = ((node.language if node else None) or "sql").upper()
    return error_facet(message, language, profile.producer)["errorMessage"]


def _external_query(transition: RunTransition, profile: EventProfile) -> Document | None:
    finished = transition.finished
    response = finished.adapter_response if finished else {}
    query_id = response.get("query_id")
    if not query_id and response.get("job_id"):
        place = ":".join(
            str(response[key]) for key in ("project_id", "location") if response.get(key)
        )
        query_id = f"{place}.{response['job_id']}" if place else response["job_id"]
    if not query_id:
        return None
    return facet(
        external_query_run.ExternalQueryRunFacet,
        profile.producer,
        externalQueryId=str(query_id),
        source=profile.adapter_type,
    )


def _dependencies(transition: RunTransition, profile: EventProfile) -> Document | None:
    """Name the jobs that make what this one reads; sources are made by nobody that dbt knows."""
    makers = [node for node in transition.inputs if node.resource_type != "source"]
    if not makers or transition.state is not LineageEventType.START:
        return None
    return facet(
        job_dependencies_run.JobDependenciesRunFacet,
        profile.producer,
        upstream=[
            {
                "job": {"namespace": profile.namespace, "name": node_job_name(node.unique_id)},
                "dependency_type": "IMPLICIT_DEPENDENCY",
                "sequence_trigger_rule": "FINISH_TO_START",
                "status_trigger_rule": "EXECUTE_ON_SUCCESS",
            }
            for node in makers
        ],
        trigger_rule="ALL_SUCCESS",
    )


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
