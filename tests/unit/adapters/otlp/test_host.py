"""A host's providers are used as they are, with floe's ids, and never shut down."""

from collections.abc import Iterator, Mapping

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracerProvider, StatusCode

from floe.adapters.otlp.host import current_trace_parent
from floe.adapters.otlp.span_record import nanoseconds
from floe.adapters.otlp.tracer import OtlpTracer
from floe.domain.model.tracing import TraceParent
from tests.fakes import NOON, context
from tests.unit.adapters.otlp.parts import CUSTOMERS, RAW, a_build, a_summary, tell


class Host:
    """The telemetry of an application that embeds floe."""

    def __init__(self) -> None:
        self.spans = InMemorySpanExporter()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader], shutdown_on_exit=False)

    def finished(self) -> Mapping[str, ReadableSpan]:
        return {span.name: span for span in self.spans.get_finished_spans()}

    def measured(self) -> dict[str, float]:
        data = self.reader.get_metrics_data()
        assert data is not None
        return {
            metric.name: sum(
                getattr(point, "count", getattr(point, "value", 0))
                for point in metric.data.data_points
            )
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.tracers.shutdown()
    host.meters.shutdown()


def told(host: Host) -> None:
    run = context(attributes={"floe.tenant.id": "acme"})
    tracer = OtlpTracer(tracer_provider=host.tracers, meter_provider=host.meters)
    tell(tracer, a_build(run))
    tracer.record_run(run, a_summary(run))
    assert tracer.close(1) == ()


def test_the_spans_are_those_that_floe_would_have_sent_itself(host: Host) -> None:
    told(host)
    run, spans = context(), host.finished()
    customers, root = spans["model customers"], spans["floe.run shop"]

    assert customers.context is not None
    assert f"{customers.context.trace_id:032x}" == run.trace_id
    assert f"{customers.context.span_id:016x}" == run.node_span_id(CUSTOMERS)
    assert customers.parent is not None
    assert f"{customers.parent.span_id:016x}" == run.invocation_span_id
    assert [f"{link.context.span_id:016x}" for link in customers.links] == [run.node_span_id(RAW)]
    assert customers.start_time == nanoseconds(NOON)
    assert customers.attributes is not None
    assert customers.attributes["floe.tenant.id"] == "acme"
    assert root.parent is None
    assert root.context is not None
    assert f"{root.context.trace_id:032x}" == run.trace_id


def test_failures_and_successes_have_the_same_status_as_elsewhere(host: Host) -> None:
    told(host)
    spans = host.finished()

    assert spans["test unique_customers"].status.status_code is StatusCode.ERROR
    assert spans["model customers"].status.status_code is StatusCode.UNSET
    assert all(not span.events for span in spans.values())


def test_measurements_reach_the_hosts_meters(host: Host) -> None:
    told(host)

    assert host.measured() == {
        "floe.dbt.node.duration": 4,
        "floe.dbt.node.rows_affected": 1,
        "floe.dbt.invocation.duration": 1,
        "floe.run.duration": 1,
        "floe.run.active": 0,
    }


def test_the_hosts_own_spans_keep_their_own_ids_and_go_on(host: Host) -> None:
    told(host)
    with host.tracers.get_tracer("host").start_as_current_span("mine") as span:
        mine = span.get_span_context()

    assert "mine" in host.finished()
    assert f"{mine.trace_id:032x}" != context().trace_id


def test_the_hosts_current_span_can_be_the_parent_of_a_run(host: Host) -> None:
    assert current_trace_parent() is None
    with host.tracers.get_tracer("host").start_as_current_span("request") as span:
        parent = current_trace_parent()
        request = span.get_span_context()

    assert parent == TraceParent(
        trace_id=f"{request.trace_id:032x}", span_id=f"{request.span_id:016x}"
    )


def test_a_provider_that_records_nothing_is_fine() -> None:
    tracer = OtlpTracer(tracer_provider=NoOpTracerProvider())
    tell(tracer, a_build(context()))

    assert tracer.close(1) == ()
    assert not trace.get_current_span().is_recording()
