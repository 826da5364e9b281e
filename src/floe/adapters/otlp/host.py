"""Spans and measurements through the providers of a host: used, never configured, never closed."""

from collections.abc import Mapping
from threading import Lock

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from floe.adapters.otlp.measurements import INSTRUMENTS, Exemplar, Instrument, Kind
from floe.adapters.otlp.resource import SCHEMA_URL, SCOPE, floe_version
from floe.adapters.otlp.span_record import SpanRecord
from floe.domain.model.tracing import AttributeValue, TraceParent

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


class _GivenIds:
    """Hands out the ids of the span that is being made, in place of random ones."""

    def __init__(self) -> None:
        self.record: SpanRecord | None = None

    def generate_span_id(self) -> int:
        """Return the id of the span."""
        return int(self.record.span_id, 16) if self.record else 0

    def generate_trace_id(self) -> int:
        """Return the id of the trace."""
        return int(self.record.trace_id, 16) if self.record else 0

    def is_trace_id_random(self) -> bool:
        """Return False: the ids are derived."""
        return False


class HostSpans:
    """Makes finished spans with a tracer of *provider*, which samples and exports as it likes.

    The ids are floe's, so that lineage and logs still name the same spans: the tracer that the
    provider makes for floe gets an id generator of its own, by OpenTelemetry SDK's public
    attribute. A provider of another make has no such attribute; there the spans have the
    provider's own ids, in the right trace and under the right parent.
    """

    def __init__(self, provider: trace.TracerProvider) -> None:
        self._tracer = provider.get_tracer(SCOPE, floe_version(), schema_url=SCHEMA_URL)
        self._lock = Lock()
        self._ids = _GivenIds()
        if hasattr(self._tracer, "id_generator"):
            self._tracer.id_generator = self._ids

    def add(self, record: SpanRecord) -> None:
        """Make and end the span *record*."""
        with self._lock:
            self._ids.record = record
            span = self._tracer.start_span(
                record.name,
                context=_parent(record),
                kind=SpanKind.CLIENT if record.is_client else SpanKind.INTERNAL,
                attributes={**record.shared, **record.attributes},
                links=_links(record),
                start_time=record.start_ns,
                record_exception=False,
                set_status_on_exception=False,
            )
        if record.error is not None:
            span.set_status(Status(StatusCode.ERROR, record.error))
        span.end(record.end_ns)


class HostMeter:
    """A ``Meter`` over the instruments of a host's *provider*."""

    def __init__(self, provider: metrics.MeterProvider) -> None:
        self._meter = provider.get_meter(SCOPE, floe_version(), schema_url=SCHEMA_URL)
        self._histograms = {
            item: self._meter.create_histogram(
                item.name,
                item.unit,
                item.description,
                explicit_bucket_boundaries_advisory=list(item.bounds),
            )
            for item in INSTRUMENTS
            if item.kind is Kind.HISTOGRAM
        }
        self._sums = {
            item: self._meter.create_up_down_counter(item.name, item.unit, item.description)
            if item.kind is Kind.LEVEL
            else self._meter.create_counter(item.name, item.unit, item.description)
            for item in INSTRUMENTS
            if item.kind is not Kind.HISTOGRAM
        }

    def measure(
        self,
        instrument: Instrument,
        value: float,
        attributes: Mapping[str, AttributeValue],
        exemplar: Exemplar | None = None,
    ) -> None:
        """Hand *value* to the host."""
        context = _context_of(exemplar.trace_id, exemplar.span_id) if exemplar else None
        if instrument.kind is Kind.HISTOGRAM:
            self._histograms[instrument].record(value, attributes, context=context)
        else:
            self._sums[instrument].add(value, attributes, context=context)


def current_trace_parent() -> TraceParent | None:
    """Return the position of the host's current span, to be the parent of a run."""
    span_context = trace.get_current_span().get_span_context()
    if not span_context.is_valid:
        return None
    return TraceParent(
        trace_id=f"{span_context.trace_id:032x}",
        span_id=f"{span_context.span_id:016x}",
        sampled=span_context.trace_flags.sampled,
    )


def _links(record: SpanRecord) -> list[Link]:
    return [
        Link(
            _span_context(record.trace_id, link.span_id, is_remote=False),
            {"floe.link.type": link.relation},
        )
        for link in record.links
    ]


def _parent(record: SpanRecord) -> Context:
    if record.parent_span_id is None:
        return Context()
    return trace.set_span_in_context(
        NonRecordingSpan(
            _span_context(record.trace_id, record.parent_span_id, is_remote=record.parent_is_remote)
        ),
        Context(),
    )


def _context_of(trace_id: str, span_id: str) -> Context:
    span = NonRecordingSpan(_span_context(trace_id, span_id, is_remote=False))
    return trace.set_span_in_context(span, Context())


def _span_context(trace_id: str, span_id: str, *, is_remote: bool) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote, _SAMPLED)
