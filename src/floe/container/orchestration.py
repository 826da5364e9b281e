"""Who runs dbt: Dagster, or nobody."""

from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.node_event import DbtEvent, NodeFinished
from floe.domain.model.run import DbtCommand, RunContext, RunSummary
from floe.domain.use_cases.observe import ObservedRunner
from floe.ports.orchestrator import Orchestrator

if TYPE_CHECKING:
    from floe.adapters.dagster.assets import FloeAssetFactory
    from floe.adapters.dagster.component import ProjectComponent
    from floe.adapters.dagster.services import Services
    from floe.container.container import Container


def direct_orchestrator(observed: ObservedRunner) -> Orchestrator:
    """Return the orchestrator that is none: dbt is run at once, and Dagster is not imported."""
    from floe.adapters.direct import DirectOrchestrator

    return DirectOrchestrator(observed)


def dagster_orchestrator(services: "Services") -> Orchestrator:
    """Return the orchestrator that runs dbt as a Dagster job in this process."""
    from floe.adapters.dagster.orchestrator import DagsterOrchestrator

    return DagsterOrchestrator(services)


def dagster_asset_factory() -> "type[FloeAssetFactory]":
    """Return the class that makes Dagster definitions."""
    from floe.adapters.dagster.assets import FloeAssetFactory

    return FloeAssetFactory


def dagster_component() -> "type[ProjectComponent]":
    """Return the class that Dagster components of floe derive from."""
    from floe.adapters.dagster.component import ProjectComponent

    return ProjectComponent


def dagster_services(
    container: "Container",
    command: DbtCommand,
    context: RunContext,
    *,
    on_start: Callable[[], None],
    on_finish: Callable[[RunContext, RunSummary], None],
    on_run_end: Callable[[RunContext, RunSummary], None] | None = None,
) -> "Services":
    """Return what Dagster's processes need of the rest of floe.

    *on_start* and *on_finish* are called at the beginning and at the end of each step, in the
    process that runs it; *on_run_end* once a run, in the process of the step that it ends with.
    """
    from floe.adapters.dagster.manifest import tidy_manifest
    from floe.adapters.dagster.services import Services

    columns, graph, plan = container.columns, container.graph, container.plan()

    def observed(
        command: DbtCommand, context: RunContext, graph: ProjectGraph
    ) -> Generator[DbtEvent, None, None]:
        return container.observed()(command, context, graph)

    def manifest(path: Path) -> Mapping[str, Any]:
        return tidy_manifest(container.manifest_reader().document(path))

    def columns_of(finished: NodeFinished) -> NodeColumns | None:
        node = graph().node(finished.unique_id)
        return columns().work_out(node, finished.compiled_code) if node is not None else None

    return Services(
        command=command,
        context=context,
        read_graph=graph,
        manifest_path=plan.manifest_path,
        read_manifest=manifest,
        dbt=observed,
        orchestration=plan.pipeline.orchestration,
        classifications=plan.pipeline.governance.classifications,
        links=container.settings().links,
        on_start=on_start,
        on_finish=on_finish,
        on_run_end=on_run_end,
        columns=columns_of,
    )
