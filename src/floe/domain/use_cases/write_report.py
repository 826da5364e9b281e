"""Write the page about a run, beside the runs before it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.errors import ArtifactError, ConfigurationError, Problem
from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.node_columns import NodeColumns
from floe.ports.report import ReportWriter
from floe.ports.run_archive import RunArchive

_COMPARED = 10
"""Earlier runs that a report compares with."""


def write_report(
    run_id: str | None,
    page: Path,
    *,
    archive: RunArchive,
    state_dir: Path,
    graph: ProjectGraph,
    columns_of: Callable[[DbtNode], NodeColumns],
    writer: ReportWriter,
) -> Path:
    """Write *page* about the run *run_id*, or the latest, and return its absolute path.

    *state_dir* is where *archive* is.

    Raises:
        ConfigurationError: There is no such run.
        EnvironmentNotReadyError: The page cannot be written there.
    """
    recent = archive.recent(_COMPARED)
    run = archive.read(run_id) if run_id else next(iter(recent), None)
    if run is None:
        what = f"there is no run {run_id or 'yet'}"
        raise ConfigurationError(Problem(what, str(state_dir), "floe run"))
    return writer.write(
        run,
        page,
        earlier=tuple(old for old in recent if old.summary.started_at < run.summary.started_at),
        columns=_columns(run, graph, columns_of),
    )


def _columns(
    run: ArchivedRun, graph: ProjectGraph, columns_of: Callable[[DbtNode], NodeColumns]
) -> Mapping[str, NodeColumns]:
    """Return what is known of the columns of *run*, as far as dbt's manifest still says it."""
    try:
        nodes = [graph.node(node.unique_id) for node in run.nodes]
    except ArtifactError:
        return {}
    return {
        node.unique_id: columns_of(node) for node in nodes if node is not None and node.is_dataset
    }
