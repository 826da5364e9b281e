"""Which job and which run an event is about."""

from floe.domain.model.identity import invocation_job_name, node_job_name
from floe.domain.model.run import RunContext, RunReference
from floe.domain.model.run_ledger import RunTransition


def job_name(transition: RunTransition) -> str:
    """Return the name of the job that *transition* is about."""
    if transition.unique_id is None:
        return invocation_job_name(transition.context.pipeline)
    return node_job_name(transition.unique_id)


def invocation_reference(context: RunContext, namespace: str) -> RunReference:
    """Return the run of the dbt invocation, the parent of all its nodes."""
    return RunReference(
        run_id=context.invocation_run_id,
        job_namespace=namespace,
        job_name=invocation_job_name(context.pipeline),
    )
