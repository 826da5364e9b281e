"""This run beside the one before."""

from floe.adapters.report.comparison import comparison
from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.node_event import NodeFinished, NodeStatus
from floe.domain.model.run import RunSummary
from tests.fakes import NOON, RUN_ID, finished

A, B, C = "model.shop.a", "model.shop.b", "model.shop.c"


def _run(*nodes: NodeFinished) -> ArchivedRun:
    return ArchivedRun(
        summary=RunSummary(
            run_id=RUN_ID, pipeline="p", started_at=NOON, finished_at=NOON, exit_code=0, nodes=nodes
        )
    )


def test_the_slowest_come_first_with_their_change() -> None:
    now = _run(finished(A, execution_time_s=1.0), finished(B, execution_time_s=4.0))
    before = _run(finished(A, execution_time_s=2.0), finished(B, execution_time_s=1.0))

    rows = comparison(now, (before,)).rows

    assert [(row.unique_id, row.change) for row in rows] == [(B, "+3.00 s"), (A, "-1.00 s")]
    assert [(row.is_slower, row.is_faster) for row in rows] == [(True, False), (False, True)]
    assert [row.share for row in rows] == [100.0, 25.0]


def test_a_small_change_is_none() -> None:
    now, before = (_run(finished(A, execution_time_s=s)) for s in (1.0, 1.02))

    assert comparison(now, (before,)).rows[0].change == "same"


def test_what_was_skipped_before_is_new() -> None:
    now = _run(finished(A, execution_time_s=1.0))
    before = _run(finished(A, status=NodeStatus.SKIPPED))

    assert comparison(now, (before,)).rows[0].change == "new"


def test_a_small_run_in_between_is_passed_over() -> None:
    whole = [finished(name, execution_time_s=2.0) for name in (A, B)]
    now, before = _run(*whole), _run(*(finished(n, execution_time_s=1.0) for n in (A, B)))
    part = _run(finished(C, execution_time_s=9.0))

    found = comparison(now, (part, before))

    assert [row.change for row in found.rows] == ["+1.00 s", "+1.00 s"]


def test_what_ran_earlier_and_not_in_the_run_before_is_not_new() -> None:
    now = _run(*(finished(name, execution_time_s=1.0) for name in (A, B)))
    before, earlier = _run(finished(A, execution_time_s=1.0)), _run(finished(B, execution_time_s=1))

    assert [row.change for row in comparison(now, (before, earlier)).rows] == ["same", ""]


def test_the_first_run_is_compared_with_nothing() -> None:
    found = comparison(_run(finished(A, execution_time_s=1.0)), ())

    assert (found.before, found.rows[0].before, found.rows[0].usual) == ("", "", "")
