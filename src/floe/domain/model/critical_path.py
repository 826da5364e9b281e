"""The chain of nodes that decided how long a run took."""

from collections.abc import Mapping

from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.node_event import NodeFinished, NodeStatus


def critical_path(run: ArchivedRun) -> tuple[str, ...]:
    """Return the unique ids of the chain that ended last, in the order in which they ran.

    Each link is what the next one waited for: of its parents, and of the tests that stood between
    a parent and it, the one that ended last.
    """
    ended = {
        node.unique_id: node
        for node in run.summary.nodes
        if node.status not in {NodeStatus.SKIPPED, NodeStatus.NO_OP}
    }
    if not ended:
        return ()
    waits_for = _waits_for(run, ended)
    chain = [max(ended.values(), key=lambda node: node.at).unique_id]
    while True:
        before = [ended[name] for name in waits_for.get(chain[-1], ()) if name not in chain]
        if not before:
            return tuple(reversed(chain))
        chain.append(max(before, key=lambda node: node.at).unique_id)


def _waits_for(run: ArchivedRun, ended: Mapping[str, NodeFinished]) -> dict[str, list[str]]:
    tests: dict[str, list[str]] = {}
    for node in run.nodes:
        if node.is_test and node.unique_id in ended:
            for parent in node.depends_on:
                tests.setdefault(parent, []).append(node.unique_id)
    waits_for: dict[str, list[str]] = {}
    for node in run.nodes:
        end = ended.get(node.unique_id)
        if end is None:
            continue
        blockers = list(node.depends_on)
        if not node.is_test:
            blockers += [test for parent in node.depends_on for test in tests.get(parent, ())]
        waits_for[node.unique_id] = [
            name for name in blockers if name in ended and ended[name].at <= end.at
        ]
    return waits_for
