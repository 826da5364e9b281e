"""The picture of the project: states, tests, the critical path, and a limit to its size."""

from itertools import pairwise

from floe.adapters.report.graph import MOST_NODES, graph
from floe.domain.model.archived_run import ArchivedNode, ArchivedRun
from floe.domain.model.node_event import NodeStatus
from floe.domain.model.run import RunSummary
from tests.fakes import NOON, RUN_ID, finished
from tests.unit.adapters.report.pages import MART, STAGING, TEST, page_run


def test_a_box_tells_its_state_and_that_of_its_tests() -> None:
    picture = graph(page_run(), (), {STAGING: 1})

    boxes = {box.unique_id: box for box in picture.boxes}
    assert TEST not in boxes
    assert (boxes[STAGING].state, boxes[STAGING].tests) == ("ok", "0/1 tests")
    assert (boxes[STAGING].tests_state, boxes[STAGING].is_sensitive) == ("warned", True)
    assert boxes[MART].state == "failed"


def test_the_critical_path_is_drawn_through_its_tests() -> None:
    picture = graph(page_run(), (STAGING, TEST, MART), {})

    keys = {box.unique_id: box.key for box in picture.boxes}
    critical = {(arrow.source, arrow.target) for arrow in picture.arrows if arrow.is_critical}
    assert critical == {(keys[STAGING], keys[MART])}


def test_a_large_project_is_drawn_in_part_with_what_failed() -> None:
    names = [f"model.shop.n{number}" for number in range(3 * MOST_NODES)]
    nodes = [ArchivedNode(unique_id=names[0], name=names[0], resource_type="model")]
    nodes += [
        ArchivedNode(unique_id=name, name=name, resource_type="model", depends_on=(before,))
        for before, name in pairwise(names)
    ]
    ends = [finished(name, execution_time_s=0.1) for name in names[:-1]]
    ends.append(finished(names[-1], status=NodeStatus.ERROR))
    summary = RunSummary(
        run_id=RUN_ID,
        pipeline="p",
        started_at=NOON,
        finished_at=NOON,
        exit_code=1,
        nodes=tuple(ends),
    )

    picture = graph(ArchivedRun(summary=summary, nodes=tuple(nodes)), (), {})

    assert names[-1] in {box.unique_id for box in picture.boxes}
    assert len(picture.boxes) + picture.hidden == len(names)
    assert len(picture.boxes) <= 2 * MOST_NODES
