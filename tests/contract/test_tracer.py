"""Every tracer keeps the promises of its port."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.noop import NoOpTracer
from floe.adapters.otlp.grpc_transport import GrpcTransport
from floe.adapters.otlp.http_transport import HttpTransport
from floe.adapters.otlp.line_sink import console_sink, file_sink
from floe.adapters.otlp.log_lines import LoggingTracer
from floe.adapters.otlp.tracer import OtlpTracer
from floe.ports.tracer import Tracer
from floe.testing.fakes import RecordingTracer
from floe.testing.otlp_receiver import OtlpReceiver
from floe.testing.tracer import SpanIds, TracerContract
from tests.unit.adapters.otlp.parts import direct_sink, exporter, to_backend


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    with OtlpReceiver() as receiver:
        yield receiver


class TestNoOpTracer(TracerContract):
    @pytest.fixture
    def tracer(self) -> Tracer:
        return NoOpTracer()


class TestRecordingTracer(TracerContract):
    @pytest.fixture
    def tracer(self) -> Tracer:
        return RecordingTracer()


class TestLoggingTracer(TracerContract):
    @pytest.fixture
    def tracer(self) -> Tracer:
        return LoggingTracer(RecordingTracer())


class _OverTheWire(TracerContract):
    @pytest.fixture
    def span_ids(self, receiver: OtlpReceiver) -> SpanIds:
        return lambda: [span.span_id.hex() for span in receiver.received.spans]


class TestTracerOverTheOutbox(_OverTheWire):
    @pytest.fixture
    def tracer(self, receiver: OtlpReceiver) -> Tracer:
        return OtlpTracer(exporter(to_backend(MemoryOutbox(), receiver.http_endpoint)))


class TestTracerOverHttp(_OverTheWire):
    @pytest.fixture
    def tracer(self, receiver: OtlpReceiver) -> Tracer:
        transport = HttpTransport(receiver.http_endpoint, compress=True)
        return OtlpTracer(exporter(direct_sink(transport)))


class TestTracerOverGrpc(_OverTheWire):
    @pytest.fixture
    def tracer(self, receiver: OtlpReceiver) -> Tracer:
        transport = GrpcTransport(receiver.grpc_endpoint, compress=True)
        return OtlpTracer(exporter(direct_sink(transport)))


class TestTracerToAFile(TracerContract):
    @pytest.fixture
    def tracer(self, tmp_path: Path) -> Tracer:
        return OtlpTracer(exporter(file_sink(tmp_path / "spans" / "otlp.jsonl")))

    @pytest.fixture
    def span_ids(self, tmp_path: Path) -> SpanIds:
        def read() -> list[str]:
            lines = (tmp_path / "spans" / "otlp.jsonl").read_text().splitlines()
            return [
                span["spanId"]
                for line in lines
                for resource in json.loads(line).get("resourceSpans", [])
                for scope in resource["scopeSpans"]
                for span in scope["spans"]
            ]

        return read


class TestTracerToTheConsole(TracerContract):
    @pytest.fixture
    def tracer(self) -> Tracer:
        return OtlpTracer(exporter(console_sink()))


class TestTracerWithAHostsProvider(TracerContract):
    @pytest.fixture
    def exported(self) -> InMemorySpanExporter:
        return InMemorySpanExporter()

    @pytest.fixture
    def tracer(self, exported: InMemorySpanExporter) -> Tracer:
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exported))
        return OtlpTracer(tracer_provider=provider)

    @pytest.fixture
    def span_ids(self, exported: InMemorySpanExporter) -> SpanIds:
        return lambda: [f"{span.context.span_id:016x}" for span in exported.get_finished_spans()]
