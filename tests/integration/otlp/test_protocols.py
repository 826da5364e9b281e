"""All three signals arrive over both protocols, with headers, compression and TLS."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.otlp.direct_sink import DirectSink
from floe.adapters.otlp.grpc_transport import GrpcTransport
from floe.adapters.otlp.http_transport import HttpTransport
from floe.adapters.otlp.sink import Sink
from floe.adapters.otlp.tls import Tls
from floe.adapters.otlp.tracer import OtlpTracer
from floe.domain.model.errors import EnvironmentNotReadyError
from floe.testing.otlp_receiver import OtlpReceiver, attributes_of
from tests.fakes import context
from tests.unit.adapters.otlp.parts import a_build, a_summary, exporter, tell, to_backend

HEADERS = {"x-team": "data"}
ToReceiver = Callable[[OtlpReceiver], Sink]


def over_outbox(receiver: OtlpReceiver) -> Sink:
    return to_backend(MemoryOutbox(), receiver.http_endpoint, headers=HEADERS, compress=True)


def over_http(receiver: OtlpReceiver) -> Sink:
    transport = HttpTransport(receiver.http_endpoint, headers=HEADERS, compress=True)
    return DirectSink(transport, destination="otlp")


def over_grpc(receiver: OtlpReceiver) -> Sink:
    transport = GrpcTransport(receiver.grpc_endpoint, headers=HEADERS, compress=True)
    return DirectSink(transport, destination="otlp")


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


def certificate(directory: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 that is its own authority; return it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "floe tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = directory / "ca.pem", directory / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, private


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_over_tls_a_backend_must_be_known(tmp_path: Path, protocol: str, *, trusted: bool) -> None:
    pem, key = certificate(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem, key)
    tls = Tls(ca_bundle=pem) if trusted else Tls()
    with OtlpReceiver(tls=server, certificate=(key.read_bytes(), pem.read_bytes())) as receiver:
        transport = (
            HttpTransport(receiver.http_endpoint, tls=tls)
            if protocol == "http"
            else GrpcTransport(receiver.grpc_endpoint, tls=tls)
        )
        tracer = OtlpTracer(exporter(DirectSink(transport, destination="otlp")), metrics=False)
        tell(tracer, a_build(context()))
        (report,) = tracer.close(10 if trusted else 1)
        arrived = len(receiver.received.spans)

    assert (arrived, report.is_complete) == ((5, True) if trusted else (0, False))
    if not trusted:
        assert report.last_error


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    missing, garbage = tmp_path / "missing.pem", tmp_path / "garbage.pem"
    garbage.write_text("no certificate")

    with pytest.raises(EnvironmentNotReadyError, match=r"missing\.pem"):
        GrpcTransport("https://127.0.0.1:1", tls=Tls(ca_bundle=missing))
    for path in (missing, garbage):
        with pytest.raises(EnvironmentNotReadyError, match=path.name):
            HttpTransport("https://127.0.0.1:1", tls=Tls(ca_bundle=path))
