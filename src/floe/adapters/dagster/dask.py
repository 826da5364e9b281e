"""What the executor of dagster-dask does not do, and all others do.

A run that goes on from a failure plans only what is left, and these steps still name the steps
that they come after. That executor looks for each of those among what it has submitted itself, and
ends the run with a KeyError. And of any run that follows another one Dagster keeps the selection
as sets, into which Dask looks for tasks; the keys of assets do not let it. So it is given the plan
without the steps of others, and the run with sets that Dask leaves alone.

It also starts what comes after a step that has failed.
"""

from typing import Any, NamedTuple, cast

from dagster import (
    AssetExecutionContext,
    Executor,
    ExecutorDefinition,
    Failure,
    InitExecutorContext,
)
from dagster._core.execution.stats import StepEventStatus

_DASK = "dask"
_SELECTIONS = ("asset_selection", "asset_check_selection")


def going_on(executor: ExecutorDefinition) -> ExecutorDefinition:
    """Return *executor*; Dask's such that it runs what another run left."""
    create, schema = executor.executor_creation_fn, executor.config_schema
    if executor.name != _DASK or create is None:
        return executor

    def created(context: InitExecutorContext) -> Executor:
        found = create(context)
        execute = found.execute

        def execute_plan(run: Any, plan: Any) -> Any:  # noqa: ANN401 - they have no public names
            return execute(_with_frozen_selection(run), _by_itself(plan))

        # It insists on being dagster-dask's own.
        setattr(found, "execute", execute_plan)  # noqa: B010 - mypy refuses it
        return found

    return ExecutorDefinition(
        name=executor.name,
        config_schema=cast("Any", schema),  # it takes what it gives
        requirements=executor.get_requirements,
        executor_creation_fn=created,
        description=executor.description,
    )


def require_parents(context: AssetExecutionContext) -> None:
    """Return when no step that this one comes after has failed in this run.

    Raises:
        Failure: One has, and Dask starts this step nevertheless.
    """
    if context.job_def.executor_def.name != _DASK:
        return
    step = context.op_execution_context.get_step_execution_context().step
    before = list(step.get_execution_dependency_keys())
    stats = context.instance.get_run_step_stats(context.run.run_id, before) if before else ()
    failed = sorted(item.step_key for item in stats if item.status is StepEventStatus.FAILURE)
    if failed:
        raise Failure(f"not run, since {', '.join(failed)} failed", allow_retries=False)


def _with_frozen_selection(context: Any) -> Any:  # noqa: ANN401 - likewise
    data = context.plan_data
    frozen = data._replace(dagster_run=_frozen(data.dagster_run), job=_frozen(data.job))
    return type(context)(
        plan_data=frozen,
        log_manager=context.log,
        executor=context.executor,
        output_capture=context.output_capture,
        resume_from_failure=context.resume_from_failure,
    )


def _frozen(selecting: Any) -> Any:  # noqa: ANN401 - likewise
    found = {name: getattr(selecting, name) for name in _SELECTIONS}
    return selecting._replace(**{name: frozenset(found[name]) for name in found if found[name]})


class _Before(NamedTuple):
    """What an input tells the executor: after which steps its step comes."""

    dependency_keys: frozenset[str]


def _by_itself(plan: Any) -> Any:  # noqa: ANN401 - likewise
    """Return *plan* with steps that only come after those of the plan."""
    planned = frozenset(plan.step_keys_to_execute)
    steps = {handle: _coming_after(step, planned) for handle, step in plan.step_dict.items()}
    by_key = {step.key: step for step in steps.values()}
    return plan._replace(step_dict=steps, step_dict_by_key=by_key)


def _coming_after(step: Any, planned: frozenset[str]) -> Any:  # noqa: ANN401 - likewise
    if not hasattr(step, "step_input_dict"):  # how many there are is known only when it runs
        return step
    inputs = step.step_input_dict
    before = {name: _Before(planned & inputs[name].dependency_keys) for name in inputs}
    return step._replace(step_input_dict=before)
