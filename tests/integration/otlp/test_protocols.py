"""All three signals arrive over both protocols, with headers, compression and TLS."""

from collections.abc import Callable
from pathlib import Path

import pytest

from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.otlp.grpc_transport import GrpcTransport
from floe.adapters.otlp.http_transport import HttpTransport
from floe.adapters.otlp.sink import Sink
from floe.adapters.otlp.tls import Tls
from floe.adapters.otlp.tracer import OtlpTracer
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.errors import EnvironmentNotReadyError
from floe.testing.otlp_receiver import OtlpReceiver, attributes_of
from tests.fakes import context
from tests.integration.otlp.certificates import certificate, serving
from tests.unit.adapters.otlp.parts import (
    a_build,
    a_summary,
    direct_sink,
    exporter,
    tell,
    to_backend,
)

HEADERS = {"x-team": "data"}
ToReceiver = Callable[[OtlpReceiver], Sink]


def over_outbox(receiver: OtlpReceiver) -> Sink:
    return to_backend(MemoryOutbox(), receiver.http_endpoint, headers=HEADERS, compress=True)


def over_http(receiver: OtlpReceiver) -> Sink:
    transport = HttpTransport(receiver.http_endpoint, headers=HEADERS, compress=True)
    return direct_sink(transport)


def over_grpc(receiver: OtlpReceiver) -> Sink:
    transport = GrpcTransport(receiver.grpc_endpoint, headers=HEADERS, compress=True)
    return direct_sink(transport)


@pytest.mark.parametrize("way", [over_outbox, over_http, over_grpc])
def test_three_signals_arrive(way: ToReceiver) -> None:
    run = context()
    with OtlpReceiver() as receiver:
        tracer = OtlpTracer(exporter(way(receiver)), logs=True)
        tell(tracer, a_build(run))
        tracer.record_run(run, a_summary(run))
        reports = tracer.close(10)
        received = receiver.received

    assert len(received.spans) == 6
    assert {item.name for item in received.metrics} >= {
        "floe.dbt.node.duration",
        "floe.run.duration",
        "floe.run.active",
    }
    assert [record.event_name for record in received.log_records] == ["exception"]
    assert all(headers["x-team"] == "data" for headers in received.headers)
    assert sum(report.delivered for report in reports) == 3
    assert all(report.is_complete for report in reports)


@pytest.mark.parametrize("way", [over_outbox, over_http, over_grpc])
def test_a_burst_of_ten_thousand_spans_arrives_whole(way: ToReceiver) -> None:
    from floe.adapters.otlp.span_record import SpanRecord

    with OtlpReceiver() as receiver:
        burst = exporter(way(receiver))
        for number in range(1, 10_001):
            burst.add(SpanRecord("a" * 32, f"{number:016x}", "model x", 1, 2))
        burst.close(30)
        ids = {span.span_id for span in receiver.received.spans}

    assert len(ids) == len(receiver.received.spans) == 10_000


def test_the_resource_says_who_is_speaking() -> None:
    with OtlpReceiver() as receiver:
        tracer = OtlpTracer(exporter(over_http(receiver)))
        tell(tracer, a_build(context()))
        tracer.close(10)
        (spans,) = receiver.received.requests["traces"][0].resource_spans

    said = attributes_of(spans.resource.attributes)
    assert said["service.name"] == "shop-etl"
    assert {"service.instance.id", "telemetry.sdk.language", "process.pid"} <= said.keys()
    assert spans.schema_url == "https://opentelemetry.io/schemas/1.44.0"
    assert spans.scope_spans[0].scope.name == "floe"


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_over_tls_a_backend_must_be_known(tmp_path: Path, protocol: str, *, trusted: bool) -> None:
    pem, key = certificate(tmp_path)
    tls = Tls(ca_bundle=pem) if trusted else Tls()
    with OtlpReceiver(**serving(pem, key)) as receiver:
        report = sent(receiver, protocol, tls)
        arrived = len(receiver.received.spans)

    assert (arrived, report.is_complete) == ((5, True) if trusted else (0, False))
    assert bool(report.last_error) is not trusted


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_backend_may_ask_who_the_client_is(tmp_path: Path, protocol: str, *, known: bool) -> None:
    pem, key = certificate(tmp_path)
    me, my_key = certificate(tmp_path / "me")
    tls = Tls(ca_bundle=pem, client_certificate=me, client_key=my_key) if known else Tls(pem)
    with OtlpReceiver(**serving(pem, key, clients=me)) as receiver:
        report = sent(receiver, protocol, tls)
        arrived = len(receiver.received.spans)

    assert (arrived, report.is_complete) == ((5, True) if known else (0, False))


def sent(receiver: OtlpReceiver, protocol: str, tls: Tls) -> DeliveryReport:
    """Return the account of the traces of a build."""
    transport = (
        HttpTransport(receiver.http_endpoint, tls=tls)
        if protocol == "http"
        else GrpcTransport(receiver.grpc_endpoint, tls=tls)
    )
    tracer = OtlpTracer(exporter(direct_sink(transport)), metrics=False)
    tell(tracer, a_build(context()))
    traces, _, _ = tracer.close(3)
    return traces


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    missing, garbage = tmp_path / "missing.pem", tmp_path / "garbage.pem"
    garbage.write_text("no certificate")

    with pytest.raises(EnvironmentNotReadyError, match=r"missing\.pem"):
        GrpcTransport("https://127.0.0.1:1", tls=Tls(ca_bundle=missing))
    for path in (missing, garbage):
        with pytest.raises(EnvironmentNotReadyError, match=path.name):
            HttpTransport("https://127.0.0.1:1", tls=Tls(ca_bundle=path))
