"""What earlier attempts at a step did well, so that a retry runs only the rest.

Dagster's event log says it, so that it holds on another machine as well: every result of floe's
carries dbt's unique id and status. An attempt is earlier in the same run (a retry policy, or a
worker that was lost), or in the run that this one continues (a re-execution from failure).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from dagster import (
    AssetCheckKey,
    AssetExecutionContext,
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    EventLogEntry,
    OpExecutionContext,
)

from floe.adapters.dagster.manifest import Manifest
from floe.adapters.dagster.names import mapping
from floe.adapters.dagster.selection import Selected
from floe.domain.model.node_event import NodeStatus

_RESULTS = {
    DagsterEventType.ASSET_MATERIALIZATION,
    DagsterEventType.ASSET_OBSERVATION,
    DagsterEventType.ASSET_CHECK_EVALUATION,
}
_WELL = {NodeStatus.SUCCESS, NodeStatus.PASS, NodeStatus.WARN, NodeStatus.NO_OP}
_CONTINUES = "dagster/is_resume_retry"


def attempt_of(context: OpExecutionContext) -> int:
    """Return which attempt at its step this is in its run; the first is 1.

    A distributed executor hands the step of a lost worker to another one, and Dagster counts no
    attempt for that: so every start in the event log is one. Where that cannot be read, Dagster's
    own count has to do.
    """
    counted = context.retry_number + 1
    try:
        steps = context.instance.get_run_step_stats(context.run_id, [str(context.op_handle)])
    except Exception:  # noqa: BLE001 - somebody else's storage
        return counted
    return max(counted, *(step.attempts or 0 for step in steps), 1)


def what_is_left(
    context: AssetExecutionContext,
    selected: Selected,
    assets: Mapping[AssetKey, str],
    checks: Mapping[AssetCheckKey, str],
    unchecked: Iterable[str],
    *,
    attempt: int,
) -> frozenset[str] | None:
    """Return the unique ids of *selected* that earlier attempts did not do well.

    None stands for everything: on a first attempt, and where only a hook after all nodes failed.
    *assets* and *checks* are those of the step, *unchecked* its tests without a check.
    """
    here = _went_well(context.instance, [context.run]) if attempt > 1 else frozenset()
    before = _went_well(context.instance, _continued(context.instance, context.run))
    if not here and not before:
        return None
    anew = _awaited_elsewhere(context)
    made_anew = {assets[key] for key in anew & assets.keys()}
    made_anew |= {checks[key] for key in checks if key.asset_key in anew}
    scope = {assets[key] for key in selected.assets}
    scope |= {checks[key] for key in selected.checks if key in checks}
    scope.update(unchecked)
    left = frozenset(scope - here - (before - made_anew))
    return left or None


def unchecked_tests(
    manifest: Manifest, assets: Iterable[str], checks: Collection[str]
) -> Iterator[str]:
    """Yield the tests that are about any of *assets* and have no check: none of *checks*."""
    about = set(assets)
    for unique_id, props in mapping(manifest.get("nodes")).items():
        if props["resource_type"] == "test" and unique_id not in checks:
            parents = mapping(props.get("depends_on")).get("nodes") or ()
            if about.intersection(parents):
                yield unique_id


def _awaited_elsewhere(context: AssetExecutionContext) -> AbstractSet[AssetKey]:
    """Return the assets of this step that other steps of the run wait for.

    Dagster skips a step whose inputs this run does not make, though the run that it continues
    did: what another step waits for is made anew.
    """
    layer = context.job_def.asset_layer
    others = layer.selected_asset_keys - set(context.assets_def.keys)
    return {
        key
        for key in context.selected_asset_keys
        if others and layer.asset_graph.get(key).child_keys & others
    }


def _continued(instance: DagsterInstance, run: DagsterRun) -> Iterator[DagsterRun]:
    """Yield the runs that *run* continues from their failure, the latest first."""
    while run.tags.get(_CONTINUES) == "true" and run.parent_run_id:
        parent = instance.get_run_by_id(run.parent_run_id)
        if parent is None:
            return
        yield parent
        run = parent


def _went_well(instance: DagsterInstance, runs: Iterable[DagsterRun]) -> frozenset[str]:
    """Return what ended well when it last ran; *runs* come the latest first."""
    last: dict[str, str] = {}
    for run in runs:
        of_this_run: dict[str, str] = {}
        for entry in instance.all_logs(run.run_id, of_type=_RESULTS):
            of_this_run.update(_result(entry))
        last = {**of_this_run, **last}
    return frozenset(unique_id for unique_id, status in last.items() if status in _WELL)


def _result(entry: EventLogEntry) -> Iterator[tuple[str, str]]:
    """Yield the unique id and the status of a result, where floe gave it."""
    event = entry.get_dagster_event()
    told = (
        event.asset_check_evaluation_data
        if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION
        else event.asset_observation_data.asset_observation
        if event.event_type is DagsterEventType.ASSET_OBSERVATION
        else event.step_materialization_data.materialization
    )
    unique_id, status = told.metadata.get("unique_id"), told.metadata.get("status")
    if unique_id is not None and status is not None:
        yield str(unique_id.value), str(status.value)
