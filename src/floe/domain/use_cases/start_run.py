"""Give a run its identity: who it is, under whom it runs, and for whom."""

from collections.abc import Mapping
from uuid import uuid4

from floe.domain.model.plan import RunPlan
from floe.domain.model.run import RunContext, RunReference
from floe.domain.model.tracing import TraceParent
from floe.domain.model.value import utc_now


def start_run(
    plan: RunPlan,
    *,
    orchestrator: str,
    environ: Mapping[str, str],
    run_id: str | None = None,
    parent: RunReference | None = None,
    root: RunReference | None = None,
) -> RunContext:
    """Return the context of a run that starts now.

    A ``TRACEPARENT`` in *environ* is joined; a malformed one is passed over, as W3C Trace Context
    asks. *run_id* is the orchestrator's own where it has one.
    """
    compute = plan.pipeline.compute
    return RunContext(
        run_id=run_id or str(uuid4()),
        pipeline=plan.pipeline.name,
        started_at=utc_now(),
        target=compute.target if compute else "",
        target_name=plan.profile.target_name,
        orchestrator=orchestrator,
        namespace=plan.lineage.namespace,
        parent=parent,
        root=root,
        trace_parent=TraceParent.parse(environ.get("TRACEPARENT", "")),
        attributes=plan.tracing.attributes,
    )
