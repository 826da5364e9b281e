"""Every way out keeps what it takes, or says that it did not."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from floe.adapters.delivery.http import HttpDeliverer
from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.delivery.sender import BackgroundSender
from floe.adapters.otlp.encoding import Encoder
from floe.adapters.otlp.line_sink import console_sink, file_sink, otlp_json
from floe.adapters.otlp.outbox_sink import CONTENT_TYPE, OutboxSink
from floe.adapters.otlp.sink import Payload, Signal
from floe.adapters.otlp.span_record import SpanLink, SpanRecord
from floe.domain.model.delivery import PayloadKind
from floe.domain.model.errors import TelemetryError
from floe.testing.otlp_receiver import OtlpReceiver
from tests.unit.adapters.otlp.parts import DESTINATIONS, NOWHERE, exporter, to_backend

SPAN = SpanRecord(
    "a" * 32,
    "b" * 16,
    "modèle",
    1,
    2,
    parent_span_id="c" * 16,
    attributes={"n": 1},
    links=(SpanLink("d" * 16, "depends_on"),),
    error="no",
)


def payload(key: str = "k/1") -> Payload:
    return Payload(Signal.TRACES, Encoder({"service.name": "x"}, "1").traces([SPAN]), 1, key)


def parsed(document: str) -> ExportTraceServiceRequest:
    """Parse OTLP/JSON, in which ids are hexadecimal and not the base64 of protobuf's JSON."""

    def with_base64_ids(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: base64.b64encode(bytes.fromhex(item)).decode()
                if name in {"traceId", "spanId", "parentSpanId"}
                else with_base64_ids(item)
                for name, item in value.items()
            }
        return [with_base64_ids(item) for item in value] if isinstance(value, list) else value

    return json_format.ParseDict(with_base64_ids(json.loads(document)), ExportTraceServiceRequest())


def test_a_file_holds_one_request_a_line_as_the_specification_says(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "otlp.jsonl"
    sink = file_sink(path)
    sink.export(payload())
    sink.export(payload())
    (report,) = sink.close(1)
    lines = path.read_text().splitlines()

    assert [parsed(line) for line in lines] == [payload().message] * 2
    assert (report.delivered, report.is_complete) == (2, True)
    assert path.stat().st_mode & 0o777 == 0o600


def test_ids_are_hexadecimal_and_enumerations_numbers(tmp_path: Path) -> None:
    path = tmp_path / "otlp.jsonl"
    file_sink(path).export(payload())
    document = json.loads(path.read_text())
    span = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]

    assert (span["traceId"], span["spanId"], span["parentSpanId"]) == (
        "a" * 32,
        "b" * 16,
        "c" * 16,
    )
    assert span["links"][0]["spanId"] == "d" * 16
    assert (span["kind"], span["status"]["code"]) == (1, 2)


def test_a_file_that_cannot_be_written_is_a_telemetry_error(tmp_path: Path) -> None:
    (tmp_path / "otlp.jsonl").mkdir()

    with pytest.raises(TelemetryError, match=r"otlp\.jsonl"):
        file_sink(tmp_path / "otlp.jsonl").export(payload())


def test_the_console_prints_the_same_lines() -> None:
    stream = io.StringIO()
    console_sink(stream).export(payload())

    assert parsed(stream.getvalue()) == payload().message


def test_the_console_is_standard_error_as_it_is_by_then(capsys: pytest.CaptureFixture[str]) -> None:
    console_sink().export(payload())
    captured = capsys.readouterr()

    assert captured.out == ""
    assert parsed(captured.err) == payload().message


def test_the_outbox_gets_what_will_be_sent_byte_for_byte() -> None:
    outbox = MemoryOutbox()
    to_backend(outbox, NOWHERE).export(payload())
    (envelope,) = outbox.pending()

    assert envelope.body == payload().message.SerializeToString()
    assert (envelope.destination, envelope.key) == ("otlp.traces", "k/1")
    assert (envelope.kind, envelope.content_type) == (PayloadKind.SPANS, CONTENT_TYPE)


def test_an_outbox_that_cannot_keep_it_is_a_telemetry_error() -> None:
    with pytest.raises(TelemetryError, match="does not fit"):
        to_backend(MemoryOutbox(max_bytes=1), NOWHERE).export(payload())


def test_a_signal_without_a_destination_is_left_out() -> None:
    outbox = MemoryOutbox()
    OutboxSink(outbox, BackgroundSender(outbox, {}), {}).export(payload())

    assert outbox.pending() == ()


def test_the_account_is_about_telemetry_only() -> None:
    outbox = MemoryOutbox()
    lineage = HttpDeliverer(f"{NOWHERE}/lineage")
    sender = BackgroundSender(outbox, {"lineage": lineage, "otlp.traces": HttpDeliverer(NOWHERE)})
    sink = OutboxSink(outbox, sender, DESTINATIONS)
    sink.export(payload())

    assert {report.destination: report.waiting for report in sink.close(0.2)} == {"otlp.traces": 1}


def test_what_waited_arrives_when_the_backend_is_back() -> None:
    outbox = MemoryOutbox()
    down = exporter(to_backend(outbox, NOWHERE))
    down.add(SPAN)
    assert sum(report.waiting for report in down.close(0.5)) == 1

    outbox.expedite()
    with OtlpReceiver() as receiver:
        reports = to_backend(outbox, receiver.http_endpoint).close(10)
        assert [span.name for span in receiver.received.spans] == ["modèle"]
        assert all(report.is_complete for report in reports)


@pytest.mark.parametrize("value", [0.0, -0.5, 1e300, float("inf"), float("-inf"), float("nan")])
def test_the_json_of_every_kind_of_field_is_what_protobuf_makes_of_it(value: float) -> None:
    message = ExportMetricsServiceRequest()
    metrics = message.resource_metrics.add().scope_metrics.add().metrics
    histogram = metrics.add(name="h").histogram
    histogram.aggregation_temporality = 2  # type: ignore[assignment]
    point = histogram.data_points.add(time_unix_nano=1 << 62, count=0, sum=value, flags=1)
    point.bucket_counts.extend([1, 1 << 40])
    point.explicit_bounds.extend([value, 1.0])
    point.attributes.add(key="bytes").value.bytes_value = b"a"
    point.attributes.add(key="text").value.string_value = ""
    point.attributes.add(key="truth").value.bool_value = False
    metrics.add(name="s").sum.data_points.add(as_int=-(1 << 62))

    text = otlp_json(Payload(Signal.METRICS, message, 2, "k/1"))

    assert text == json.dumps(
        json_format.MessageToDict(message, use_integers_for_enums=True),
        separators=(",", ":"),
        ensure_ascii=False,
    )
