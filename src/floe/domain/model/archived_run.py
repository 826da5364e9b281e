"""A run as it is kept for later: what ended how and when, and what the project looked like."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from statistics import median
from typing import Literal, Self

from pydantic import Field

from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.manifest import ColumnMetadata, DbtNode, ProjectGraph
from floe.domain.model.node_event import NodeFinished
from floe.domain.model.run import RunContext, RunSummary
from floe.domain.model.value import Value

LONGEST_SQL = 100_000
"""Characters of a failed node's SQL that are kept."""


class ArchivedColumn(Value):
    """A column as the project documented it at the time of the run."""

    name: str
    data_type: str | None = None
    description: str | None = None
    classification: ColumnClassification | None = None


class ArchivedNode(Value):
    """A node, source or exposure as the project had it at the time of the run.

    *relation* is its name in the warehouse. *about* is the node that a generic test is attached
    to. *sql* is kept for nodes that failed: compiled where known, as written otherwise.
    """

    unique_id: str
    name: str
    resource_type: str
    materialization: str = ""
    relation: str = ""
    path: str | None = None
    description: str = ""
    owner: str | None = None
    tags: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    about: str | None = None
    columns: tuple[ArchivedColumn, ...] = ()
    sql: str | None = Field(default=None, repr=False)

    @property
    def is_test(self) -> bool:
        """Whether the node checks others and makes nothing."""
        return self.resource_type in {"test", "unit_test"}


class ArchivedRun(Value):
    """One run and the part of the project that it touched: *version* is that of this shape."""

    version: Literal[1] = 1
    summary: RunSummary
    project: str = ""
    target: str = ""
    target_name: str = ""
    orchestrator: str = ""
    trace_id: str = ""
    nodes: tuple[ArchivedNode, ...] = ()
    reports: tuple[DeliveryReport, ...] = ()

    @classmethod
    def of(
        cls,
        summary: RunSummary,
        *,
        context: RunContext,
        graph: ProjectGraph,
        reports: Iterable[DeliveryReport] = (),
    ) -> Self:
        """Return what is worth keeping: the nodes that ran, what they read, and who is served."""
        ended = {node.unique_id: node for node in summary.nodes}
        return cls(
            summary=summary.model_copy(update={"nodes": tuple(map(_kept, summary.nodes))}),
            project=graph.project_name,
            target=context.target or graph.adapter_type,
            target_name=context.target_name,
            orchestrator=context.orchestrator,
            trace_id=context.trace_id,
            nodes=tuple(_touched(ended, graph)),
            reports=tuple(reports),
        )

    @cached_property
    def by_id(self) -> Mapping[str, ArchivedNode]:
        """The nodes by unique id."""
        return {node.unique_id: node for node in self.nodes}

    @cached_property
    def ended(self) -> Mapping[str, NodeFinished]:
        """How the nodes ended, by unique id."""
        return {node.unique_id: node for node in self.summary.nodes}


def usual_times(runs: Iterable[ArchivedRun]) -> dict[str, float]:
    """Return how long each node usually takes: unique id → median seconds of its good ends."""
    seen: dict[str, list[float]] = {}
    for run in runs:
        for node in run.summary.nodes:
            if not node.status.is_failure and node.execution_time_s > 0:
                seen.setdefault(node.unique_id, []).append(node.execution_time_s)
    return {unique_id: median(times) for unique_id, times in seen.items()}


def _kept(node: NodeFinished) -> NodeFinished:
    return node.model_copy(update={"raw": None, "compiled_code": None})


def _touched(ended: Mapping[str, NodeFinished], graph: ProjectGraph) -> Iterator[ArchivedNode]:
    wanted = dict.fromkeys(ended)
    waiting = list(ended)
    while waiting:
        node = graph.node(waiting.pop())
        for parent in node.depends_on if node is not None else ():
            if parent not in wanted:
                wanted[parent] = None
                waiting.extend([parent] if _is_ephemeral(graph.node(parent)) else [])
    for unique_id in wanted:
        node = graph.node(unique_id)
        if node is not None:
            yield _archived(node, ended.get(unique_id))
    yield from _served(wanted, graph)


def _is_ephemeral(node: DbtNode | None) -> bool:
    return node is not None and node.is_ephemeral


def _archived(node: DbtNode, end: NodeFinished | None) -> ArchivedNode:
    sql = None
    if end is not None and end.status.is_failure:
        sql = (end.compiled_code or node.compiled_code or node.raw_code or "")[:LONGEST_SQL] or None
    classified = {item.column_name: item for item in node.classifications}
    return ArchivedNode(
        unique_id=node.unique_id,
        name=node.name,
        resource_type=node.resource_type,
        materialization=node.materialization,
        relation=".".join(node.relation) if node.is_dataset else "",
        path=node.path,
        description=node.description,
        owner=node.owner,
        tags=tuple(node.tags),
        depends_on=tuple(node.depends_on),
        about=node.attached_node,
        columns=tuple(
            _column(column, classified.get(column.name)) for column in node.columns.values()
        ),
        sql=sql,
    )


def _column(column: ColumnMetadata, classification: ColumnClassification | None) -> ArchivedColumn:
    return ArchivedColumn(
        name=column.name,
        data_type=column.data_type,
        description=column.description,
        classification=classification,
    )


def _served(wanted: Mapping[str, None], graph: ProjectGraph) -> Iterator[ArchivedNode]:
    for unique_id, exposure in graph.exposures.items():
        parents = tuple((exposure.get("depends_on") or {}).get("nodes") or ())
        if unique_id in wanted or wanted.keys() & set(parents):
            owner = exposure.get("owner") or {}
            yield ArchivedNode(
                unique_id=unique_id,
                name=str(exposure.get("label") or exposure.get("name") or unique_id),
                resource_type="exposure",
                description=str(exposure.get("description") or ""),
                owner=owner.get("email") or owner.get("name"),
                path=exposure.get("original_file_path"),
                depends_on=parents,
            )
