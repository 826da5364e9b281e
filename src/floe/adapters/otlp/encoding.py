"""Spans, measurements and log records as OTLP 1.x messages (opentelemetry-proto)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from floe.adapters.otlp.measurements import Attributes, Collected, Exemplar, Kind, Point
from floe.adapters.otlp.resource import SCHEMA_URL, SCOPE
from floe.adapters.otlp.span_record import LogRecord, SpanRecord
from floe.domain.model.tracing import AttributeValue

_CLIENT, _INTERNAL = trace_pb2.Span.SPAN_KIND_CLIENT, trace_pb2.Span.SPAN_KIND_INTERNAL
_SAMPLED = 0x01
_HAS_IS_REMOTE = 0x100
_IS_REMOTE = 0x200
_DELTA = metrics_pb2.AGGREGATION_TEMPORALITY_DELTA
_CUMULATIVE = metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE


class _KeyValues(Protocol):
    """A repeated field of key-value pairs."""

    def add(self) -> KeyValue:
        """Append an empty pair and return it."""


class Encoder:
    """Makes export requests for one *resource*; *version* is floe's own.

    Texts on spans and log records are cut to *longest_value* characters where it is given.
    """

    def __init__(
        self,
        resource: Mapping[str, AttributeValue],
        version: str,
        longest_value: int | None = None,
    ) -> None:
        self._longest = longest_value
        self._resource = Resource()
        _put(self._resource.attributes, resource.items())
        self._scope = InstrumentationScope(name=SCOPE, version=version)
        self._shared: Mapping[str, AttributeValue] | None = None
        self._template = trace_pb2.Span()

    def traces(self, records: Iterable[SpanRecord]) -> ExportTraceServiceRequest:
        """Return one request with all *records*."""
        request = ExportTraceServiceRequest()
        of_resource = request.resource_spans.add(resource=self._resource, schema_url=SCHEMA_URL)
        of_scope = of_resource.scope_spans.add(scope=self._scope, schema_url=SCHEMA_URL)
        for record in records:
            self._span(of_scope.spans.add(), record)
        return request

    def metrics(self, collected: Iterable[Collected]) -> ExportMetricsServiceRequest:
        """Return one request with everything *collected*."""
        request = ExportMetricsServiceRequest()
        of_resource = request.resource_metrics.add(resource=self._resource, schema_url=SCHEMA_URL)
        of_scope = of_resource.scope_metrics.add(scope=self._scope, schema_url=SCHEMA_URL)
        for item in collected:
            _metric(of_scope.metrics.add(), item)
        return request

    def logs(self, records: Iterable[LogRecord]) -> ExportLogsServiceRequest:
        """Return one request with all *records*."""
        request = ExportLogsServiceRequest()
        of_resource = request.resource_logs.add(resource=self._resource, schema_url=SCHEMA_URL)
        of_scope = of_resource.scope_logs.add(scope=self._scope, schema_url=SCHEMA_URL)
        for record in records:
            _log_record(of_scope.log_records.add(), record, self._longest)
        return request

    def _span(self, span: trace_pb2.Span, record: SpanRecord) -> None:
        if record.shared is not self._shared:
            self._template, self._shared = trace_pb2.Span(), record.shared
            _put(self._template.attributes, record.shared.items(), self._longest)
        span.CopyFrom(self._template)
        span.trace_id = bytes.fromhex(record.trace_id)
        span.span_id = bytes.fromhex(record.span_id)
        if record.parent_span_id:
            span.parent_span_id = bytes.fromhex(record.parent_span_id)
        remote = _IS_REMOTE if record.parent_is_remote else 0
        span.flags = _SAMPLED | _HAS_IS_REMOTE | remote
        span.name = record.name
        span.kind = _CLIENT if record.is_client else _INTERNAL
        span.start_time_unix_nano = record.start_ns
        span.end_time_unix_nano = record.end_ns
        _put(span.attributes, record.attributes.items(), self._longest)
        for item in record.links:
            link = span.links.add()
            link.trace_id = span.trace_id
            link.span_id = bytes.fromhex(item.span_id)
            link.flags = _SAMPLED | _HAS_IS_REMOTE
            _put(link.attributes, (("floe.link.type", item.relation),))
        if record.error is not None:
            span.status.code = trace_pb2.Status.STATUS_CODE_ERROR
            span.status.message = record.error


def _metric(metric: metrics_pb2.Metric, collected: Collected) -> None:
    instrument = collected.instrument
    metric.name, metric.unit = instrument.name, instrument.unit
    metric.description = instrument.description
    temporality = _DELTA if collected.is_delta else _CUMULATIVE
    if instrument.kind is Kind.HISTOGRAM:
        metric.histogram.aggregation_temporality = temporality
        for attributes, point in collected.points.items():
            _histogram_point(metric.histogram.data_points.add(), collected, attributes, point)
        return
    metric.sum.aggregation_temporality = temporality
    metric.sum.is_monotonic = instrument.kind is Kind.COUNTER
    for attributes, point in collected.points.items():
        _number_point(metric.sum.data_points.add(), collected, attributes, point)


def _histogram_point(
    target: metrics_pb2.HistogramDataPoint,
    collected: Collected,
    attributes: Attributes,
    point: Point,
) -> None:
    target.start_time_unix_nano, target.time_unix_nano = collected.start_ns, collected.end_ns
    target.count, target.sum = point.count, point.total
    target.min, target.max = point.least, point.most
    target.bucket_counts.extend(point.buckets)
    target.explicit_bounds.extend(collected.instrument.bounds)
    _put(target.attributes, attributes)
    if point.exemplar is not None:
        _exemplar(target.exemplars.add(), point.exemplar)


def _number_point(
    target: metrics_pb2.NumberDataPoint,
    collected: Collected,
    attributes: Attributes,
    point: Point,
) -> None:
    target.start_time_unix_nano, target.time_unix_nano = collected.start_ns, collected.end_ns
    target.as_int = int(point.total)
    _put(target.attributes, attributes)


def _exemplar(target: metrics_pb2.Exemplar, exemplar: Exemplar) -> None:
    target.time_unix_nano, target.as_double = exemplar.time_ns, exemplar.value
    target.trace_id = bytes.fromhex(exemplar.trace_id)
    target.span_id = bytes.fromhex(exemplar.span_id)


def _log_record(target: logs_pb2.LogRecord, record: LogRecord, longest: int | None) -> None:
    target.time_unix_nano = target.observed_time_unix_nano = record.time_ns
    target.severity_number = logs_pb2.SeverityNumber.ValueType(record.severity)
    target.severity_text = record.severity_text
    target.body.string_value = record.body
    target.event_name = record.event_name
    if record.trace_id and record.span_id:
        target.trace_id = bytes.fromhex(record.trace_id)
        target.span_id = bytes.fromhex(record.span_id)
        target.flags = _SAMPLED
    _put(target.attributes, record.attributes.items(), longest)


def _put(
    target: _KeyValues,
    attributes: Iterable[tuple[str, AttributeValue]],
    longest: int | None = None,
) -> None:
    for key, value in attributes:
        pair = target.add()
        pair.key = key
        if isinstance(value, str):
            pair.value.string_value = value[:longest]
        elif isinstance(value, bool):
            pair.value.bool_value = value
        elif isinstance(value, int):
            pair.value.int_value = value
        else:
            pair.value.double_value = value


def points_in(parts: Sequence[Collected]) -> int:
    """Return how many points *parts* hold."""
    return sum(len(part.points) for part in parts)
