"""The project as a picture: what fed what, how each node ended, and where its columns go."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from floe.adapters.report.layers import Shape, draw
from floe.adapters.report.wording import duration, kind, short, state
from floe.domain.model.archived_run import ArchivedNode, ArchivedRun

MOST_NODES = 400
"""More are hard to take in; then what failed, what was slow and what lies around them is shown."""
SHAPE = Shape()
_NAME = 20


class Box(NamedTuple):
    """A node of the picture; *parents* are the keys of the boxes that feed it."""

    unique_id: str
    key: str
    name: str
    short: str
    kind: str
    state: str
    took: str
    tests: str
    tests_state: str
    x: float
    y: float
    parents: str
    is_critical: bool
    is_sensitive: bool


class Arrow(NamedTuple):
    """An edge of the picture as an SVG path."""

    source: str
    target: str
    path: str
    is_critical: bool


class Graph(NamedTuple):
    """The whole picture; *hidden* counts the nodes that were left out."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: float
    height: float
    hidden: int


def graph(run: ArchivedRun, critical: Sequence[str], sensitive: Mapping[str, int]) -> Graph:
    """Return the picture of *run*; *sensitive* maps unique id → number of classified columns."""
    nodes = {node.unique_id: node for node in run.nodes if not node.is_test}
    shown = _shown(nodes, run, critical)
    drawing = draw({name: nodes[name].depends_on for name in shown}, SHAPE)
    keys = {name: f"n{number}" for number, name in enumerate(shown)}
    maker = _Boxes(run, keys, critical)
    boxes = tuple(
        maker.box(nodes[name], drawing.places[name], is_sensitive=bool(sensitive.get(name)))
        for name in shown
    )
    links = {*pairwise(critical), *_over_tests(run, critical)}
    arrows = tuple(
        Arrow(keys[one], keys[other], _path(points), is_critical=(one, other) in links)
        for (one, other), points in drawing.edges.items()
    )
    return Graph(boxes, arrows, drawing.width, drawing.height, len(nodes) - len(shown))


def _shown(
    nodes: Mapping[str, ArchivedNode], run: ArchivedRun, critical: Sequence[str]
) -> list[str]:
    if len(nodes) <= MOST_NODES:
        return list(nodes)
    slow = sorted(run.summary.nodes, key=lambda end: -end.execution_time_s)
    first = [*critical, *(end.unique_id for end in run.summary.failed)]
    wanted = dict.fromkeys(name for name in first if name in nodes)
    for name in (end.unique_id for end in slow):
        if len(wanted) >= MOST_NODES:
            break
        if name in nodes:
            wanted[name] = None
            wanted.update(dict.fromkeys(p for p in nodes[name].depends_on if p in nodes))
    return [name for name in nodes if name in wanted][: 2 * MOST_NODES]


def _tests(run: ArchivedRun) -> dict[str, tuple[str, ...]]:
    """Return the states of the tests of each node, by unique id."""
    found: dict[str, tuple[str, ...]] = {}
    ended = run.ended
    for node in run.nodes:
        if node.is_test and node.unique_id in ended:
            about = node.about or next(iter(node.depends_on), "")
            found[about] = (*found.get(about, ()), state(ended[node.unique_id]))
    return found


def _over_tests(run: ArchivedRun, critical: Sequence[str]) -> set[tuple[str, str]]:
    """Return the steps of the critical path with the tests taken out, which have no box."""
    by_id = run.by_id
    solid = [name for name in critical if name in by_id and not by_id[name].is_test]
    return set(pairwise(solid))


class _Boxes:
    """Makes the boxes of one picture."""

    def __init__(self, run: ArchivedRun, keys: Mapping[str, str], critical: Sequence[str]) -> None:
        self._run = run
        self._keys = keys
        self._critical = frozenset(critical)
        self._tests = _tests(run)

    def box(self, node: ArchivedNode, place: tuple[float, float], *, is_sensitive: bool) -> Box:
        end = self._run.ended.get(node.unique_id)
        tests = self._tests.get(node.unique_id, ())
        good = sum(1 for item in tests if item == "ok")
        has_time = end is not None and end.execution_time_s > 0
        return Box(
            unique_id=node.unique_id,
            key=self._keys[node.unique_id],
            name=node.name,
            short=short(node.name, _NAME),
            kind=kind(node),
            state=state(end),
            took=duration(end.execution_time_s) if end is not None and has_time else "",
            tests=f"{good}/{len(tests)} tests" if tests else "",
            tests_state=next((item for item in ("failed", "warned") if item in tests), "ok"),
            x=place[0],
            y=place[1],
            parents=" ".join(self._keys[name] for name in node.depends_on if name in self._keys),
            is_critical=node.unique_id in self._critical,
            is_sensitive=is_sensitive,
        )


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Return *points* as an SVG path: straight through a layer, bent between two."""
    (x, y), *rest = points
    steps = [f"M{x:g} {y:g}"]
    for number, (to_x, to_y) in enumerate(rest):
        if number % 2:
            steps.append(f"H{to_x:g}")
        else:
            bend = (to_x - x) / 2
            steps.append(f"C{x + bend:g} {y:g} {to_x - bend:g} {to_y:g} {to_x:g} {to_y:g}")
        x, y = to_x, to_y
    return "".join(steps)
