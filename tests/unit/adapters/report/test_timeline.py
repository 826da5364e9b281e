"""The timeline: one lane a thread, bars in proportion, no bar over another."""

from datetime import timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.report.timeline import WIDTH, timeline
from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.node_event import NodeFinished, NodeStatus
from floe.domain.model.run import RunSummary
from tests.fakes import NOON, RUN_ID, finished


def _run(*nodes: NodeFinished) -> ArchivedRun:
    return ArchivedRun(
        summary=RunSummary(
            run_id=RUN_ID, pipeline="p", started_at=NOON, finished_at=NOON, exit_code=0, nodes=nodes
        )
    )


def _node(number: int, start: float, length: float, thread: str | None) -> NodeFinished:
    return finished(
        f"model.shop.n{number}",
        start + length,
        started_at=NOON + timedelta(seconds=start),
        thread=thread,
    )


spans = st.tuples(
    st.integers(min_value=0, max_value=50),
    st.integers(min_value=1, max_value=20),
    st.sampled_from(["Thread-1", "Thread-2", None]),
)


@given(st.lists(spans, min_size=1, max_size=20))
def test_no_bar_lies_over_another_in_time(items: list[tuple[int, int, str | None]]) -> None:
    nodes = [_node(number, *item) for number, item in enumerate(items)]
    bars = timeline(_run(*nodes), ()).bars
    ends = {node.unique_id: node for node in nodes}

    for one, other in combinations(bars, 2):
        first, second = ends[one.unique_id], ends[other.unique_id]
        apart = first.at <= second.started_at or second.at <= first.started_at
        assert apart or one.y != other.y


def test_bars_are_in_proportion() -> None:
    line = timeline(_run(_node(1, 0, 5, "a"), _node(2, 5, 5, "a")), ["model.shop.n2"])

    assert [(bar.x, bar.width, bar.y) for bar in line.bars] == [
        (0, WIDTH / 2, 0),
        (WIDTH / 2, WIDTH / 2, 0),
    ]
    assert [bar.is_critical for bar in line.bars] == [False, True]
    assert (line.lanes, line.busy, line.took) == (1, 100, "10.0 s")


def test_each_thread_has_its_lane() -> None:
    line = timeline(_run(_node(1, 0, 1, "a"), _node(2, 2, 1, "b"), _node(3, 4, 1, "a")), ())

    assert [bar.y for bar in line.bars] == [0, line.bars[1].y, 0]
    assert line.lanes == 2


def test_nodes_that_took_no_time_or_were_skipped_have_no_bar() -> None:
    skipped = _node(2, 1, 1, "a").model_copy(update={"status": NodeStatus.SKIPPED})

    assert timeline(_run(_node(1, 0, 0, "a"), skipped), ()).bars == ()
