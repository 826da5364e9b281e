"""What a job is called: by what it is, never by the command that ran it."""

from floe.domain.model.run import RunContext, RunReference
from floe.domain.model.run_ledger import RunTransition


def node_job_name(unique_id: str) -> str:
    """Return ``{package}.{resource type}.{name}`` for ``{resource type}.{package}.{name}``."""
    resource_type, _, rest = unique_id.partition(".")
    package, _, name = rest.partition(".")
    return ".".join(part for part in (package, resource_type, name) if part)


def invocation_job_name(context: RunContext) -> str:
    """Return the name of the job that runs dbt for a pipeline."""
    return f"{context.pipeline}.dbt"


def job_name(transition: RunTransition) -> str:
    """Return the name of the job that *transition* is about."""
    if transition.unique_id is None:
        return invocation_job_name(transition.context)
    return node_job_name(transition.unique_id)


def invocation_reference(context: RunContext, namespace: str) -> RunReference:
    """Return the run of the dbt invocation, the parent of all its nodes."""
    return RunReference(
        run_id=context.invocation_run_id,
        job_namespace=namespace,
        job_name=invocation_job_name(context),
    )
