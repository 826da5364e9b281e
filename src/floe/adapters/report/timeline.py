"""When each node ran, and on which thread, as bars on a common scale."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from floe.adapters.report.wording import duration, kind, short, state
from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.node_event import NodeFinished

WIDTH = 1000.0
"""Units of the scale: the whole run, whatever it took."""
_LANE = 30
_TICKS = 8
_LETTER = 6.8
_LEAST = 4
"""Letters; a label that has to be cut to fewer says nothing."""
_LAST_LABEL = 0.96
"""Share of the scale; further right a label would not fit."""


class Bar(NamedTuple):
    """One node on the scale; *label* is empty where the bar is too short for it."""

    unique_id: str
    name: str
    kind: str
    state: str
    x: float
    y: float
    width: float
    took: str
    starts: str
    label: str
    is_critical: bool


class Tick(NamedTuple):
    """A line of the scale."""

    x: float
    text: str


class Timeline(NamedTuple):
    """All bars, one lane a thread; *busy* is the share of the threads' time that was used, in %."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    lanes: int
    height: int
    busy: int
    took: str


def timeline(run: ArchivedRun, critical: Sequence[str]) -> Timeline:
    """Return the bars of every node of *run* that took any time."""
    ends = sorted(
        (end for end in run.summary.nodes if end.at > end.started_at and state(end) != "skipped"),
        key=lambda end: (end.started_at, end.at),
    )
    if not ends:
        return Timeline((), (), 0, 0, 0, "")
    first = ends[0].started_at
    whole = max((max(end.at for end in ends) - first).total_seconds(), 0.001)
    lanes = _lanes(ends)
    bars = tuple(
        _bar(run, end, lane, first, whole, is_critical=end.unique_id in critical)
        for end, lane in zip(ends, lanes, strict=True)
    )
    count = max(lanes) + 1
    busy = sum((end.at - end.started_at).total_seconds() for end in ends) / (whole * count)
    return Timeline(bars, _ticks(whole), count, count * _LANE, round(100 * busy), duration(whole))


def _lanes(ends: Sequence[NodeFinished]) -> list[int]:
    """Return the lane of each node: its thread's, or a free one where dbt names no threads.

    dbt's clock may let two nodes of one thread overlap by a moment; then a free lane is taken.
    """
    free_at: list[datetime] = []
    names: dict[str | None, int] = {}
    lanes: list[int] = []
    for end in ends:
        wanted = names.get(end.thread) if end.thread is not None else None
        if wanted is None or free_at[wanted] > end.started_at:
            free = (lane for lane, at in enumerate(free_at) if at <= end.started_at)
            taken = set(names.values()) if wanted is None and end.thread is not None else set()
            wanted = next((lane for lane in free if lane not in taken), len(free_at))
        if wanted == len(free_at):
            free_at.append(end.at)
        if end.thread is not None:
            names.setdefault(end.thread, wanted)
        free_at[wanted] = max(free_at[wanted], end.at)
        lanes.append(wanted)
    return lanes


def _bar(
    run: ArchivedRun,
    end: NodeFinished,
    lane: int,
    first: datetime,
    whole: float,
    *,
    is_critical: bool,
) -> Bar:
    node = run.by_id.get(end.unique_id)
    name = end.name or end.unique_id
    offset = (end.started_at - first).total_seconds()
    took = (end.at - end.started_at).total_seconds()
    width = max(2.0, WIDTH * took / whole)
    room = int((width - 8) / _LETTER)
    label = short(name, max(room, 0))
    return Bar(
        unique_id=end.unique_id,
        name=name,
        kind=kind(node) if node is not None else end.resource_type,
        state=state(end),
        x=round(WIDTH * offset / whole, 2),
        y=lane * _LANE,
        width=round(width, 2),
        took=duration(took),
        starts=duration(offset),
        label=label if label == name or room > _LEAST else "",
        is_critical=is_critical,
    )


def _ticks(whole: float) -> tuple[Tick, ...]:
    rough = whole / _TICKS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    moments = [number * step for number in range(int(whole / step) + 1)]
    return tuple(
        Tick(round(WIDTH * at / whole, 2), duration(at) if at < _LAST_LABEL * whole else "")
        for at in moments
    )
