"""A span as floe makes it: complete, ended, and in no library's types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from floe.domain.model.tracing import AttributeValue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NONE: Mapping[str, AttributeValue] = {}


@dataclass(frozen=True, slots=True)
class SpanLink:
    """A span of the same trace that came before, and *relation*: what it is to this one."""

    span_id: str
    relation: str


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """An ended span; ids are lower-case hexadecimal, times nanoseconds since 1970 (UTC).

    *shared* are the attributes that all spans of an invocation have in common: one and the same
    object, so that they are encoded once. *error* is the description of a failure: None leaves
    the status unset, which is what success means (semantic conventions 1.44). *is_client* is true
    of a span that waits for another machine: its kind is CLIENT, that of others INTERNAL.
    """

    trace_id: str
    span_id: str
    name: str
    start_ns: int
    end_ns: int
    parent_span_id: str | None = None
    parent_is_remote: bool = False
    shared: Mapping[str, AttributeValue] = field(default_factory=lambda: _NONE)
    attributes: Mapping[str, AttributeValue] = field(default_factory=lambda: _NONE)
    links: tuple[SpanLink, ...] = ()
    error: str | None = None
    is_client: bool = False


@dataclass(frozen=True, slots=True)
class LogRecord:
    """Something said at *time_ns*, in a span where the ids are given; *severity* is OTLP's number.

    *event_name* is the name of an event of the semantic conventions, such as ``exception``.
    """

    time_ns: int
    body: str
    severity: int
    severity_text: str
    trace_id: str | None = None
    span_id: str | None = None
    event_name: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=lambda: _NONE)


def nanoseconds(at: datetime) -> int:
    """Return *at* (aware) in nanoseconds since 1970, exact to dbt's microsecond."""
    return (at - _EPOCH) // _MICROSECOND * 1000
