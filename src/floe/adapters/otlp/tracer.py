"""The story of a run as spans, measurements and, when asked, log records."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from floe.adapters.otlp import correlation, spans
from floe.adapters.otlp.attributes import clean
from floe.adapters.otlp.exporter import Exporter
from floe.adapters.otlp.failure import error_type
from floe.adapters.otlp.measurements import (
    INVOCATION_DURATION,
    NODE_DURATION,
    NODE_ROWS,
    RUN_ACTIVE,
    RUN_DURATION,
    Exemplar,
    Instrument,
    Meter,
)
from floe.adapters.otlp.queries import of_queries
from floe.adapters.otlp.sampling import TraceSampler
from floe.adapters.otlp.span_record import SpanRecord
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.run import RunContext, RunSummary
from floe.domain.model.run_ledger import RunTransition
from floe.domain.model.tracing import AttributeValue

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

_OPEN_AT_ONCE = 64
_NANOSECOND = 1e-9


class _Spans(Protocol):
    """What takes finished spans."""

    def add(self, record: SpanRecord, /) -> None:
        """Take *record*."""


@dataclass(slots=True)
class _Invocation:
    """What is remembered of an invocation while it lasts.

    *seen* maps the unique id of each node that began → how many had begun before it.
    """

    shared: Mapping[str, AttributeValue]
    measured: Mapping[str, AttributeValue]
    position: correlation.Position
    is_sampled: bool
    knows_dbt: bool
    seen: dict[str, int] = field(default_factory=dict)
    ended: set[str | None] = field(default_factory=set)


class OtlpTracer:
    """Makes spans and measurements of what it is told, and hands them to *exporter*.

    Spans are made when something ends, with dbt's own times and ids that everyone can work out;
    those of nodes, and what is measured of them, on the thread that exports them. With
    *tracer_provider* or *meter_provider* they go to a host's providers instead, at once; these are
    never closed here. *metrics* and *logs* say whether these signals are wanted: failures are log
    records, by the semantic conventions, and so is what floe says until ``close``. *capture_sql*
    puts compiled SQL on the spans. A repeated transition is recognised while its invocation
    lasts, and counted once.
    """

    def __init__(
        self,
        exporter: Exporter | None = None,
        *,
        sampler: TraceSampler | None = None,
        tracer_provider: "TracerProvider | None" = None,
        meter_provider: "MeterProvider | None" = None,
        metrics: bool = True,
        logs: bool = False,
        capture_sql: bool = False,
    ) -> None:
        self._exporter = exporter
        self._sampler = sampler or TraceSampler()
        self._spans = _span_writer(exporter, tracer_provider)
        self._meter = _meter(exporter, meter_provider) if metrics else None
        self._logs = exporter if logs else None
        self._capture_sql = capture_sql
        self._said = ExitStack()
        self._is_listening = False
        self._invocations: OrderedDict[str, _Invocation] = OrderedDict()

    def record(self, transition: RunTransition) -> None:
        """Make a span and measurements of *transition* where it is an end.

        Raises:
            TelemetryError: There is no room left, and the exporter's sink takes nothing.
        """
        self._listen()
        invocation = self._invocation(transition)
        if not transition.state.is_end:
            self._begin(transition, invocation)
        elif transition.unique_id not in invocation.ended:
            invocation.ended.add(transition.unique_id)
            self._end(transition, invocation)

    def record_run(self, context: RunContext, summary: RunSummary) -> None:
        """Make the span of the whole run, and measure it.

        Raises:
            TelemetryError: There is no room left, and the exporter's sink takes nothing.
        """
        record = spans.of_run(context, summary)
        attributes = _measured(context) | {"floe.run.result": spans.run_result(summary)}
        attributes |= _only_error_type(record)
        is_sampled = self._sampler.is_sampled(context)
        self._measure(RUN_DURATION, _seconds(record), attributes, record if is_sampled else None)
        if is_sampled:
            self._write(record)

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Deliver what can be delivered within *timeout_s* seconds and return the account."""
        self._said.close()
        return self._exporter.close(timeout_s) if self._exporter else ()

    def _listen(self) -> None:
        """Make log records of what floe says from here on, where they are wanted."""
        if self._logs is not None and not self._is_listening:
            self._is_listening = True
            from floe.adapters.otlp.logs import otlp_logs

            self._said.enter_context(otlp_logs(self._logs.offer))

    def _begin(self, start: RunTransition, invocation: _Invocation) -> None:
        if start.unique_id is not None:
            invocation.seen.setdefault(start.unique_id, len(invocation.seen))
        elif self._meter is not None:
            self._meter.measure(RUN_ACTIVE, 1, invocation.measured)

    def _end(self, end: RunTransition, invocation: _Invocation) -> None:
        if end.is_invocation:
            self._end_invocation(end, invocation)
            return
        of_node = partial(self._of_node, end, invocation, len(invocation.seen))
        if self._exporter is not None and self._spans is self._exporter:
            self._exporter.later(of_node)
        else:
            for record in of_node():
                self._write(record)
        if self._logs is not None and spans.is_failure(end):
            self._logs.add(spans.exception_of(end))

    def _of_node(
        self, end: RunTransition, invocation: _Invocation, begun: int
    ) -> Iterator[SpanRecord]:
        """Measure the node that ended with *end*, and yield its spans where they leave.

        It may have waited for those nodes alone that were among the *begun* first ones.
        """
        record = spans.of_node(
            end,
            invocation.shared,
            lambda unique_id: invocation.seen.get(unique_id, begun) < begun,
            capture_sql=self._capture_sql,
        )
        self._measure_node(end, invocation, record)
        if invocation.is_sampled:
            yield record
            yield from of_queries(end, record, invocation.shared)

    def _end_invocation(self, end: RunTransition, invocation: _Invocation) -> None:
        correlation.leave(invocation.position)
        self._invocations.pop(end.context.invocation_span_id, None)
        record = spans.of_invocation(end, invocation.shared)
        attributes = {**invocation.measured, **_only_error_type(record)}
        example = record if invocation.is_sampled else None
        self._measure(INVOCATION_DURATION, _seconds(record), attributes, example)
        if self._meter is not None:
            self._meter.measure(RUN_ACTIVE, -1, invocation.measured)
        if invocation.is_sampled:
            self._write(record)

    def _measure_node(
        self, end: RunTransition, invocation: _Invocation, record: SpanRecord
    ) -> None:
        attributes: dict[str, AttributeValue] = {
            **invocation.measured,
            "dbt.node.resource_type": end.resource_type,
            "dbt.node.status": spans.status_of(end),
        }
        if end.node is not None:
            attributes["dbt.node.materialized"] = end.node.materialization
        if spans.is_failure(end):
            attributes["error.type"] = error_type(end)
        example = record if invocation.is_sampled else None
        self._measure(NODE_DURATION, _seconds(record), attributes, example)
        rows = end.finished.rows_affected if end.finished else None
        if rows is not None:
            del attributes["dbt.node.status"]
            attributes.pop("error.type", None)
            self._measure(NODE_ROWS, rows, attributes, example)

    def _measure(
        self,
        instrument: Instrument,
        value: float,
        attributes: Mapping[str, AttributeValue],
        span: SpanRecord | None,
    ) -> None:
        """Put *value*, with *span* as its example where the span leaves too."""
        if self._meter is None:
            return
        exemplar = Exemplar(value, span.end_ns, span.trace_id, span.span_id) if span else None
        self._meter.measure(instrument, value, attributes, exemplar)

    def _write(self, record: SpanRecord) -> None:
        if self._spans is not None:
            self._spans.add(record)

    def _invocation(self, transition: RunTransition) -> _Invocation:
        context = transition.context
        known = self._invocations.get(context.invocation_span_id)
        if known is None:
            known = self._new_invocation(transition)
            self._invocations[context.invocation_span_id] = known
            while len(self._invocations) > _OPEN_AT_ONCE:
                self._invocations.popitem(last=False)
        elif transition.invocation is not None and not known.knows_dbt:
            known.shared, known.knows_dbt = spans.shared_attributes(transition), True
        return known

    def _new_invocation(self, transition: RunTransition) -> _Invocation:
        context = transition.context
        position = correlation.Position(
            context.trace_id, context.invocation_span_id, context.invocation_run_id
        )
        if not transition.state.is_end:
            correlation.enter(position)
        return _Invocation(
            shared=spans.shared_attributes(transition),
            measured=_measured(context),
            position=position,
            is_sampled=self._sampler.is_sampled(context),
            knows_dbt=transition.invocation is not None,
        )


def measured_of(
    attributes: Mapping[str, str], *, pipeline: str, target: str
) -> dict[str, AttributeValue]:
    """Return what every measurement says: the tenant and the target, and nothing of one run."""
    return clean(
        {
            **attributes,
            "floe.pipeline.name": pipeline,
            "floe.compute.target": target or None,
        }
    )


def _measured(context: RunContext) -> dict[str, AttributeValue]:
    return measured_of(context.attributes, pipeline=context.pipeline, target=context.target)


def _seconds(record: SpanRecord) -> float:
    return (record.end_ns - record.start_ns) * _NANOSECOND


def _only_error_type(record: SpanRecord) -> dict[str, AttributeValue]:
    return {name: item for name, item in record.attributes.items() if name == "error.type"}


def _span_writer(exporter: Exporter | None, provider: "TracerProvider | None") -> _Spans | None:
    if provider is None:
        return exporter
    from floe.adapters.otlp.host import HostSpans

    return HostSpans(provider)


def _meter(exporter: Exporter | None, provider: "MeterProvider | None") -> Meter | None:
    if provider is None:
        return exporter
    from floe.adapters.otlp.host import HostMeter

    return HostMeter(provider)
