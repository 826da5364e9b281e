"""The closing account says what ran, what failed, and what to run again."""

from datetime import timedelta

from floe.domain.model.closing_account import ClosingAccount
from floe.domain.model.node_event import NodeFinished, NodeStatus
from floe.domain.model.run import RunSummary
from tests.fakes import NOON, RUN_ID, finished, graph, node

A, B = "model.shop.a", "model.shop.b"
TEST = "test.shop.unique_a"
GRAPH = graph(node(A, original_file_path="models/a.sql"), node(B, A), node(TEST, A))


def _account(*nodes: NodeFinished, exit_code: int = 0) -> ClosingAccount:
    summary = RunSummary(
        run_id=RUN_ID,
        pipeline="shop",
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=9),
        exit_code=exit_code,
        nodes=nodes,
    )
    return ClosingAccount.of(summary, graph=GRAPH)


def test_nodes_are_counted_by_kind_and_by_how_they_ended() -> None:
    account = _account(finished(A), finished(B, status=NodeStatus.SKIPPED), finished(TEST))

    assert [(kind.resource_type, dict(kind.statuses)) for kind in account.kinds] == [
        ("model", {NodeStatus.SUCCESS: 1, NodeStatus.SKIPPED: 1}),
        ("test", {NodeStatus.SUCCESS: 1}),
    ]
    assert (account.count(), account.count(NodeStatus.SKIPPED)) == (3, 1)


def test_a_failure_names_its_file_and_what_to_run_again() -> None:
    account = _account(
        finished(A, status=NodeStatus.ERROR, message="no such table"),
        finished(TEST, status=NodeStatus.FAIL),
        exit_code=1,
    )

    assert [(f.name, f.path, f.message) for f in account.failures] == [
        ("a", "models/a.sql", "no such table"),
        ("unique_a", None, ""),
    ]
    assert account.selection_to_repeat == ("a+",)


def test_the_slowest_come_first_and_what_was_skipped_took_no_time() -> None:
    account = _account(
        finished(A, execution_time_s=1.0),
        finished(TEST, execution_time_s=3.0),
        finished(B, status=NodeStatus.SKIPPED),
    )

    assert [node.unique_id for node in account.slowest] == [TEST, A]


def test_success_takes_both_a_good_exit_and_no_interruption() -> None:
    assert _account(finished(A)).is_success
    assert not _account(finished(A), exit_code=2).is_success


def test_the_path_of_a_failure_can_be_opened_from_anywhere() -> None:
    elsewhere = GRAPH.model_copy(update={"project_root": "/shop/dbt"})
    summary = RunSummary(
        run_id=RUN_ID,
        pipeline="shop",
        started_at=NOON,
        finished_at=NOON,
        exit_code=1,
        nodes=(finished(A, status=NodeStatus.ERROR),),
    )

    account = ClosingAccount.of(summary, graph=elsewhere)

    assert account.failures[0].path == "/shop/dbt/models/a.sql"
