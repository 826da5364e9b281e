"""A layered drawing of a directed acyclic graph: what feeds, left; what is fed, right.

Longest-path layers, corners where an edge crosses a layer, and barycentre sweeps against
crossings (Sugiyama, Tagawa, Toda: Methods for Visual Understanding of Hierarchical System
Structures, 1981).
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple, TypeAlias

SWEEPS = 12
_Corner: TypeAlias = tuple[str, str, int]
_Item: TypeAlias = str | _Corner


class Shape(NamedTuple):
    """Sizes of the drawing, in its own units."""

    node_width: float = 204
    node_height: float = 46
    layer_gap: float = 64
    node_gap: float = 16
    corner_gap: float = 10


class Drawing(NamedTuple):
    """*places* maps node → left upper corner; *edges* maps (from, to) → the points to join."""

    places: Mapping[str, tuple[float, float]]
    edges: Mapping[tuple[str, str], tuple[tuple[float, float], ...]]
    width: float
    height: float


def draw(parents: Mapping[str, Sequence[str]], shape: Shape) -> Drawing:
    """Return where each key of *parents* goes; parents that are no keys are left out."""
    known = {
        node: tuple(dict.fromkeys(p for p in above if p in parents and p != node))
        for node, above in parents.items()
    }
    depth = _depths(known)
    links, columns = _columns(known, depth)
    _uncross(columns, links)
    heights = _stack(columns, links, shape)
    step = shape.node_width + shape.layer_gap
    places = {node: (depth[node] * step, heights[node]) for node in known}
    edges = {
        (parent, node): _route(parent, node, depth, heights, shape)
        for node, above in known.items()
        for parent in above
    }
    return Drawing(
        places=places,
        edges=edges,
        width=max((x for x, _ in places.values()), default=0) + shape.node_width,
        height=max((y for y in heights.values()), default=0) + shape.node_height,
    )


def _depths(parents: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the longest way from a root to each node; a cycle is cut where it is entered."""
    depth: dict[str, int] = {}
    open_: set[str] = set()
    for root in parents:
        stack = [root]
        while stack:
            node = stack[-1]
            waiting = [p for p in parents[node] if p not in depth and p not in open_]
            if node not in depth and waiting:
                open_.add(node)
                stack.extend(waiting)
                continue
            stack.pop()
            open_.discard(node)
            depth.setdefault(node, 1 + max((depth.get(p, -1) for p in parents[node]), default=-1))
    return _pulled_right(parents, depth)


def _pulled_right(parents: Mapping[str, Sequence[str]], depth: dict[str, int]) -> dict[str, int]:
    """Move roots next to what they feed, so that their edges are short."""
    first_use: dict[str, int] = {}
    for node, above in parents.items():
        for parent in above:
            first_use[parent] = min(first_use.get(parent, depth[node]), depth[node])
    moved = {
        node: first_use[node] - 1
        for node, above in parents.items()
        if not above and first_use.get(node, 0) > 0
    }
    return {**depth, **moved}


def _columns(
    parents: Mapping[str, Sequence[str]], depth: Mapping[str, int]
) -> tuple[dict[_Item, list[_Item]], list[list[_Item]]]:
    columns: list[list[_Item]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    links: dict[_Item, list[_Item]] = {}
    for node in parents:
        columns[depth[node]].append(node)
    for node, above in parents.items():
        for parent in above:
            last: _Item = parent
            for level in range(depth[parent] + 1, depth[node]):
                corner = (parent, node, level)
                columns[level].append(corner)
                _link(links, last, corner)
                last = corner
            _link(links, last, node)
    return links, columns


def _link(links: dict[_Item, list[_Item]], one: _Item, other: _Item) -> None:
    links.setdefault(one, []).append(other)
    links.setdefault(other, []).append(one)


def _uncross(columns: list[list[_Item]], links: Mapping[_Item, Sequence[_Item]]) -> None:
    level = {item: number for number, column in enumerate(columns) for item in column}
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        towards = -1 if forward else 1
        for column in columns if forward else reversed(columns):
            place = {item: number for col in columns for number, item in enumerate(col)}
            weight = {
                item: _mean(
                    (
                        place[other]
                        for other in links.get(item, ())
                        if level[other] == level[item] + towards
                    ),
                    place[item],
                )
                for item in column
            }
            column.sort(key=weight.__getitem__)


def _mean(values: Iterable[float], otherwise: float) -> float:
    known = list(values)
    return fmean(known) if known else otherwise


def _stack(
    columns: Sequence[Sequence[_Item]], links: Mapping[_Item, Sequence[_Item]], shape: Shape
) -> dict[_Item, float]:
    heights: dict[_Item, float] = {}
    for column in columns:
        y = 0.0
        for item in column:
            heights[item] = y
            y += _size(item, shape)
    for _ in range(SWEEPS):
        for column in columns:
            wanted = [
                _mean(
                    (_middle(other, heights, shape) for other in links.get(item, ())),
                    _middle(item, heights, shape),
                )
                - _half(item, shape)
                for item in column
            ]
            _settle(column, wanted, heights, shape)
    lowest = min(heights.values(), default=0.0)
    return {item: round(y - lowest, 1) for item, y in heights.items()}


def _settle(
    column: Sequence[_Item], wanted: Sequence[float], heights: dict[_Item, float], shape: Shape
) -> None:
    """Give each item of *column* a place near the wanted one, in order and without overlap.

    Items that would overlap form a block, which goes to the mean of what its members want.
    """
    blocks: list[tuple[float, float, list[_Item]]] = []
    for item, want in zip(column, wanted, strict=True):
        block: tuple[float, float, list[_Item]] = (want, _size(item, shape), [item])
        while blocks and blocks[-1][0] + blocks[-1][1] > block[0]:
            above = blocks.pop()
            many, few = len(above[2]), len(block[2])
            start = (above[0] * many + (block[0] - above[1]) * few) / (many + few)
            block = (start, above[1] + block[1], above[2] + block[2])
        blocks.append(block)
    for start, _, items in blocks:
        y = start
        for item in items:
            heights[item] = y
            y += _size(item, shape)


def _size(item: _Item, shape: Shape) -> float:
    if isinstance(item, str):
        return shape.node_height + shape.node_gap
    return shape.corner_gap


def _half(item: _Item, shape: Shape) -> float:
    return shape.node_height / 2 if isinstance(item, str) else 0.0


def _middle(item: _Item, heights: Mapping[_Item, float], shape: Shape) -> float:
    return heights[item] + _half(item, shape)


def _route(
    parent: str,
    node: str,
    depth: Mapping[str, int],
    heights: Mapping[_Item, float],
    shape: Shape,
) -> tuple[tuple[float, float], ...]:
    step = shape.node_width + shape.layer_gap
    points = [(depth[parent] * step + shape.node_width, _middle(parent, heights, shape))]
    for level in range(depth[parent] + 1, depth[node]):
        y = heights[parent, node, level]
        points += [(level * step, y), (level * step + shape.node_width, y)]
    points.append((depth[node] * step, _middle(node, heights, shape)))
    return tuple(points)
