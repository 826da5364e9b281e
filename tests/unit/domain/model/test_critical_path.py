"""The critical path is the chain that ended last, tests included."""

from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.critical_path import critical_path
from floe.domain.model.node_event import NodeFinished, NodeStatus
from floe.domain.model.run import RunSummary
from tests.fakes import NOON, RUN_ID, context, finished, graph, node

A, B, C = "model.shop.a", "model.shop.b", "model.shop.c"
TEST = "test.shop.unique_a"
GRAPH = graph(node(A), node(B), node(C, A, B), node(TEST, A))


def _path(*nodes: NodeFinished) -> tuple[str, ...]:
    summary = RunSummary(
        run_id=RUN_ID, pipeline="p", started_at=NOON, finished_at=NOON, exit_code=0, nodes=nodes
    )
    return critical_path(ArchivedRun.of(summary, context=context(), graph=GRAPH))


def test_the_parent_that_ended_last_is_on_the_path() -> None:
    assert _path(finished(A, 1), finished(B, 2), finished(C, 5)) == (B, C)


def test_a_test_stands_between_a_parent_and_its_children() -> None:
    assert _path(finished(A, 1), finished(TEST, 4), finished(B, 2), finished(C, 5)) == (A, TEST, C)


def test_what_was_skipped_decided_nothing() -> None:
    assert _path(finished(A, 1), finished(C, 9, NodeStatus.SKIPPED)) == (A,)


def test_a_run_without_nodes_has_no_path() -> None:
    assert _path() == ()
