"""The drawing: everything that feeds stands left of what it feeds, and nothing overlaps."""

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from floe.adapters.report.layers import Drawing, Shape, draw

SHAPE = Shape()


@st.composite
def dags(pick: st.DrawFn) -> dict[str, list[str]]:
    count = pick(st.integers(min_value=0, max_value=25))
    return {
        f"n{number}": [
            f"n{parent}"
            for parent in pick(st.sets(st.integers(min_value=0, max_value=max(0, number - 1))))
            if parent < number
        ]
        for number in range(count)
    }


@given(dags())
@settings(deadline=None, max_examples=30)
def test_every_edge_goes_from_left_to_right(parents: dict[str, list[str]]) -> None:
    drawing = draw(parents, SHAPE)

    for points in drawing.edges.values():
        assert all(one[0] < other[0] for one, other in pairwise(points))


@given(dags())
@settings(deadline=None, max_examples=30)
def test_no_two_nodes_overlap(parents: dict[str, list[str]]) -> None:
    places = draw(parents, SHAPE).places

    for (x1, y1), (x2, y2) in combinations(places.values(), 2):
        apart_across = abs(x1 - x2) >= SHAPE.node_width
        assert apart_across or abs(y1 - y2) >= SHAPE.node_height


@given(dags())
@settings(deadline=None, max_examples=30)
def test_everything_is_inside_the_drawing_and_every_edge_is_there(
    parents: dict[str, list[str]],
) -> None:
    drawing = draw(parents, SHAPE)

    assert set(drawing.edges) == {(p, node) for node, above in parents.items() for p in above}
    for x, y in drawing.places.values():
        assert x >= 0
        assert y >= 0
        assert x + SHAPE.node_width <= drawing.width
        assert y + SHAPE.node_height <= drawing.height


def test_a_root_stands_next_to_what_it_feeds() -> None:
    drawing = draw({"a": [], "b": ["a"], "late": [], "c": ["b", "late"]}, SHAPE)

    assert drawing.places["late"][0] == drawing.places["b"][0]


def test_a_cycle_and_unknown_parents_are_drawn_without_a_fuss() -> None:
    drawing = draw({"a": ["b", "gone"], "b": ["a"]}, SHAPE)

    assert set(drawing.places) == {"a", "b"}


def test_nothing_is_drawn_as_nothing() -> None:
    assert draw({}, SHAPE) == Drawing({}, {}, SHAPE.node_width, SHAPE.node_height)
