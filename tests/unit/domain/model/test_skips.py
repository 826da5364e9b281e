"""What was skipped says whose failure it was."""

from floe.domain.model.node_event import NodeStatus
from floe.domain.model.skips import Skips
from tests.fakes import finished, graph, node

BROKEN, GONE, LEFT, LATER, TEST, ELSEWHERE = (
    "model.shop.broken",
    "model.shop.gone",
    "model.shop.left",
    "model.shop.later",
    "test.shop.unique_left.1a",
    "model.shop.elsewhere",
)
GRAPH = graph(
    node(BROKEN),
    node(GONE, BROKEN, config={"materialized": "ephemeral"}),
    node(LEFT, GONE),
    node(LATER, LEFT),
    node(TEST, LEFT, attached_node=LEFT),
    node(ELSEWHERE),
)


def reasons(*ends: tuple[str, NodeStatus]) -> list[str | None]:
    skips = Skips(GRAPH)
    return [skips.reason(finished(unique_id, status=status)) for unique_id, status in ends]


def test_the_first_failure_upstream_is_the_reason_however_far_away() -> None:
    why = f"dbt skipped it, because {BROKEN} failed"

    assert reasons(
        (BROKEN, NodeStatus.ERROR), (LEFT, NodeStatus.SKIPPED), (LATER, NodeStatus.SKIPPED)
    ) == [None, why, why]


def test_a_test_that_failed_is_the_reason_for_what_comes_after_the_node_it_tests() -> None:
    assert reasons(
        (LEFT, NodeStatus.SUCCESS), (TEST, NodeStatus.FAIL), (LATER, NodeStatus.SKIPPED)
    ) == [None, None, f"dbt skipped it, because {TEST} failed"]


def test_where_nothing_upstream_failed_no_reason_is_made_up() -> None:
    assert reasons((BROKEN, NodeStatus.ERROR), (ELSEWHERE, NodeStatus.SKIPPED)) == [None, None]
