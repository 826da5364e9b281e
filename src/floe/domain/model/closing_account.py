"""The end of a run for a person: what ran, what failed, how long, and where to look."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Self

from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.manifest import TESTS, DbtNode, ProjectGraph
from floe.domain.model.node_event import NodeFinished, NodeStatus
from floe.domain.model.run import RunSummary
from floe.domain.model.value import Value

SLOWEST = 3


class KindCount(Value):
    """How many nodes of one resource type ended in each way; *statuses* maps status → count."""

    resource_type: str
    statuses: Mapping[NodeStatus, int]

    @property
    def total(self) -> int:
        """How many nodes of this type ended."""
        return sum(self.statuses.values())


class Failure(Value):
    """A node that failed: dbt's own *message*, and the *path* of the file to open.

    *about* is the node to run again: for a test the one that it is about, for others their own.
    """

    unique_id: str
    name: str
    resource_type: str
    about: str
    message: str = ""
    path: str | None = None


class Place(Value):
    """Somewhere to look: *what* is there, and *where* that is (a path, an address, a command)."""

    what: str
    where: str


class ClosingAccount(Value):
    """The end of a run in words and numbers; times in seconds."""

    run_id: str
    pipeline: str
    exit_code: int
    interrupted: bool = False
    message: str | None = None
    elapsed_s: float
    kinds: tuple[KindCount, ...] = ()
    failures: tuple[Failure, ...] = ()
    warnings: tuple[Failure, ...] = ()
    slowest: tuple[NodeFinished, ...] = ()
    reports: tuple[DeliveryReport, ...] = ()
    lost: int = 0
    places: tuple[Place, ...] = ()

    @classmethod
    def of(
        cls,
        summary: RunSummary,
        *,
        graph: ProjectGraph,
        reports: Sequence[DeliveryReport] = (),
        lost: int = 0,
        places: Sequence[Place] = (),
        exit_code: int | None = None,
    ) -> Self:
        """Return the account of *summary*.

        *lost* counts what could not even be kept for later. *exit_code* is that of the whole
        command where it differs from the run's own.
        """
        executed = [node for node in summary.nodes if node.status is not NodeStatus.SKIPPED]
        slowest = sorted(executed, key=lambda node: -node.execution_time_s)[:SLOWEST]
        warned = (node for node in summary.nodes if node.status is NodeStatus.WARN)
        return cls(
            run_id=summary.run_id,
            pipeline=summary.pipeline,
            exit_code=summary.exit_code if exit_code is None else exit_code,
            interrupted=summary.interrupted,
            message=summary.message,
            elapsed_s=max(0.0, summary.elapsed_s),
            kinds=_kinds(summary.nodes),
            failures=tuple(_failure(node, graph) for node in summary.failed),
            warnings=tuple(_failure(node, graph) for node in warned),
            slowest=tuple(node for node in slowest if node.execution_time_s > 0),
            reports=tuple(reports),
            lost=lost,
            places=tuple(places),
        )

    @property
    def is_success(self) -> bool:
        """Whether every selected node did what it should."""
        return self.exit_code == 0 and not self.interrupted

    @property
    def selection_to_repeat(self) -> tuple[str, ...]:
        """What to select to run again what failed, and what was skipped for it (dbt's syntax)."""
        return tuple(dict.fromkeys(f"{failure.about}+" for failure in self.failures))

    def count(self, *statuses: NodeStatus) -> int:
        """Return how many nodes ended in one of *statuses*; without any, how many ended at all."""
        wanted = statuses or tuple(NodeStatus)
        return sum(kind.statuses.get(status, 0) for kind in self.kinds for status in wanted)


def _kinds(nodes: Iterable[NodeFinished]) -> tuple[KindCount, ...]:
    counted: dict[str, dict[NodeStatus, int]] = {}
    for node in nodes:
        statuses = counted.setdefault(node.resource_type, {})
        statuses[node.status] = statuses.get(node.status, 0) + 1
    return tuple(
        KindCount(resource_type=kind, statuses=statuses) for kind, statuses in counted.items()
    )


def _failure(end: NodeFinished, graph: ProjectGraph) -> Failure:
    node = graph.node(end.unique_id)
    name = end.name or (node.name if node is not None else end.unique_id)
    tested = graph.tested_by(end.unique_id) if end.resource_type in TESTS else ()
    return Failure(
        unique_id=end.unique_id,
        name=name,
        about=tested[0].name if tested else name,
        resource_type=end.resource_type,
        message=end.message or "",
        path=_path(node, graph),
    )


def _path(node: DbtNode | None, graph: ProjectGraph) -> str | None:
    if node is None or node.path is None:
        return None
    return str(PurePath(graph.project_root, node.path))
