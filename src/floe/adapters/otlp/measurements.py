"""The metrics of floe: a fixed table of instruments, and what has been measured since last time."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import Lock
from typing import Protocol, TypeAlias

from floe.domain.model.tracing import AttributeValue

Attributes: TypeAlias = tuple[tuple[str, AttributeValue], ...]
"""Name and value pairs, always in the same order: what tells two points apart."""
_SECONDS = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600)
_ROWS = (0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)


class Kind(Enum):
    """What a number means: one of many, an amount that only grows, or a level."""

    HISTOGRAM = auto()
    COUNTER = auto()
    LEVEL = auto()


@dataclass(frozen=True, slots=True)
class Instrument:
    """Something that is measured; *unit* as UCUM writes it, *bounds* of a histogram's buckets."""

    name: str
    kind: Kind
    unit: str
    description: str
    bounds: tuple[float, ...] = ()


NODE_DURATION = Instrument(
    "floe.dbt.node.duration", Kind.HISTOGRAM, "s", "How long dbt worked on a node", _SECONDS
)
NODE_ROWS = Instrument(
    "floe.dbt.node.rows_affected", Kind.HISTOGRAM, "{row}", "Rows that a node wrote", _ROWS
)
INVOCATION_DURATION = Instrument(
    "floe.dbt.invocation.duration", Kind.HISTOGRAM, "s", "How long dbt ran", _SECONDS
)
RUN_DURATION = Instrument(
    "floe.run.duration", Kind.HISTOGRAM, "s", "How long a run took, start to end", _SECONDS
)
RUN_ACTIVE = Instrument("floe.run.active", Kind.LEVEL, "{run}", "dbt invocations in progress")
DROPPED = Instrument(
    "floe.telemetry.dropped", Kind.COUNTER, "{item}", "Spans and the like that were given up"
)
INSTRUMENTS = (
    NODE_DURATION,
    NODE_ROWS,
    INVOCATION_DURATION,
    RUN_DURATION,
    RUN_ACTIVE,
    DROPPED,
)


@dataclass(frozen=True, slots=True)
class Exemplar:
    """The span in which *value* was measured."""

    value: float
    time_ns: int
    trace_id: str
    span_id: str


class Meter(Protocol):
    """Somewhere to put what was measured."""

    def measure(
        self,
        instrument: Instrument,
        value: float,
        attributes: Mapping[str, AttributeValue],
        exemplar: Exemplar | None = None,
    ) -> None:
        """Put *value*: one of many for a histogram, a difference for the other kinds."""


@dataclass(slots=True)
class Point:
    """All values of one instrument under the same attributes; a sum keeps only its *total*."""

    buckets: list[int]
    count: int = 0
    total: float = 0
    least: float = 0
    most: float = 0
    exemplar: Exemplar | None = None

    def add(self, value: float, bounds: tuple[float, ...], exemplar: Exemplar | None) -> None:
        """Take *value* in; bounds are inclusive above (OTLP)."""
        self.least = min(self.least, value) if self.count else value
        self.most = max(self.most, value) if self.count else value
        self.count += 1
        self.total += value
        if self.buckets:
            self.buckets[bisect_left(bounds, value)] += 1
        self.exemplar = exemplar or self.exemplar


@dataclass(frozen=True, slots=True)
class Collected:
    """The points of one instrument from *start_ns* to *end_ns*, nanoseconds since 1970."""

    instrument: Instrument
    start_ns: int
    end_ns: int
    is_delta: bool
    points: Mapping[Attributes, Point] = field(default_factory=dict)


class Aggregator:
    """A ``Meter`` that sums up in memory; safe for threads.

    Differences are handed out since the last collection (delta temporality): a process that
    lives for one run would otherwise leave a series of its own behind. Levels are never a
    difference. With *cumulative* nothing is.
    """

    def __init__(self, start_ns: int, *, cumulative: bool = False) -> None:
        self._cumulative = cumulative
        self._created_ns = self._start_ns = start_ns
        self._points: dict[Instrument, dict[Attributes, Point]] = {}
        self._lock = Lock()

    @property
    def has_points(self) -> bool:
        """Whether there is anything to collect."""
        return bool(self._points)

    def measure(
        self,
        instrument: Instrument,
        value: float,
        attributes: Mapping[str, AttributeValue],
        exemplar: Exemplar | None = None,
    ) -> None:
        """Take *value* in."""
        key = tuple(attributes.items())
        with self._lock:
            points = self._points.setdefault(instrument, {})
            point = points.get(key)
            if point is None:
                is_histogram = instrument.kind is Kind.HISTOGRAM
                buckets = [0] * (len(instrument.bounds) + 1) if is_histogram else []
                point = points[key] = Point(buckets)
            point.add(value, instrument.bounds, exemplar)

    def collect(self, now_ns: int) -> list[Collected]:
        """Return what was measured, and begin the next interval; empty when there was nothing."""
        with self._lock:
            collected = []
            for instrument, points in list(self._points.items()):
                is_delta = not self._cumulative and instrument.kind is not Kind.LEVEL
                start_ns = self._start_ns if is_delta else self._created_ns
                if is_delta:
                    del self._points[instrument]
                else:
                    points = {key: _copy(point) for key, point in points.items()}  # noqa: PLW2901
                collected.append(Collected(instrument, start_ns, now_ns, is_delta, points))
            self._start_ns = now_ns
            return collected


def _copy(point: Point) -> Point:
    return Point(
        list(point.buckets), point.count, point.total, point.least, point.most, point.exemplar
    )
