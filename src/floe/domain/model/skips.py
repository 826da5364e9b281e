"""Why dbt passed a node over: whose failure it was that stood before it."""

from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import NodeFinished, NodeStatus


class Skips:
    """Remembers what failed in a run, as far as something may be skipped for it."""

    def __init__(self, graph: ProjectGraph) -> None:
        self._graph = graph
        self._culprits: dict[str, str] = {}

    def reason(self, event: NodeFinished) -> str | None:
        """Take note of *event*, and return why its node was skipped, where that is known."""
        if event.status.is_failure:
            self._note(event.unique_id)
        elif event.status is NodeStatus.SKIPPED:
            culprit = self._culprit_of(event.unique_id, set())
            if culprit is not None:
                self._culprits[event.unique_id] = culprit
                return f"dbt skipped it, because {culprit} failed"
        return None

    def _note(self, unique_id: str) -> None:
        """Let *unique_id* be the culprit for what comes after it, or after what it tests."""
        node = self._graph.any_node(unique_id)
        if node is not None and node.is_test:
            for tested in node.depends_on:
                self._culprits.setdefault(tested, unique_id)
        else:
            self._culprits[unique_id] = unique_id

    def _culprit_of(self, unique_id: str, seen: set[str]) -> str | None:
        node = self._graph.any_node(unique_id)
        for parent_id in node.depends_on if node is not None else ():
            if parent_id in self._culprits:
                return self._culprits[parent_id]
            parent = self._graph.any_node(parent_id)
            if parent is not None and parent.is_ephemeral and parent_id not in seen:
                seen.add(parent_id)
                if (culprit := self._culprit_of(parent_id, seen)) is not None:
                    return culprit
        return None
