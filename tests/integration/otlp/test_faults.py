"""A backend in trouble costs a run a second and one warning; over HTTP nothing else."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic

import pytest

from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.otlp.direct_sink import DirectSink
from floe.adapters.otlp.grpc_transport import GrpcTransport
from floe.adapters.otlp.http_transport import HttpTransport
from floe.adapters.otlp.sink import Signal
from floe.adapters.otlp.tracer import OtlpTracer
from floe.testing.otlp_receiver import OtlpReceiver
from tests.fakes import context
from tests.unit.adapters.otlp.parts import a_build, exporter, tell, to_backend

BUDGET_S = 1.0
AT_MOST_S = 15.0
"""A generous bound on a loaded machine; without one these cases take for ever."""


@contextmanager
def down() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def hanging() -> Iterator[str]:
    """Accept by the kernel's backlog, and never answer."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def dripping() -> Iterator[str]:
    """Answer a byte at a time, and never to the end."""
    over = threading.Event()

    def serve(server: socket.socket) -> None:
        held = []
        while not over.is_set():
            try:
                connection, _ = server.accept()
                held.append(connection)
                connection.sendall(b"H")
            except OSError:
                break
        for connection in held:
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()


@contextmanager
def unavailable() -> Iterator[str]:
    with OtlpReceiver(status=503) as receiver:
        yield receiver.http_endpoint


@contextmanager
def elsewhere() -> Iterator[str]:
    with OtlpReceiver() as receiver:
        yield f"{receiver.http_endpoint}/wrong"


@contextmanager
def not_tls() -> Iterator[str]:
    with OtlpReceiver() as receiver:
        yield receiver.http_endpoint.replace("http:", "https:")


FAULTS = [down, hanging, dripping, unavailable, elsewhere, not_tls]


@pytest.fixture
def endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    with ExitStack() as stack:
        yield stack.enter_context(request.param())


def run_into(tracer: OtlpTracer) -> float:
    tell(tracer, a_build(context()))
    before = monotonic()
    tracer.close(BUDGET_S)
    return monotonic() - before


@pytest.mark.parametrize("endpoint", FAULTS, indirect=True)
def test_over_the_outbox_everything_waits_for_the_backend(
    endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = MemoryOutbox()
    tracer = OtlpTracer(exporter(to_backend(outbox, endpoint, timeout_s=1.0)), logs=True)
    with caplog.at_level(logging.WARNING):
        took_s = run_into(tracer)

    kept = outbox.pending()
    refused = {letter.envelope.destination for letter in outbox.dead_letters()}
    assert took_s < AT_MOST_S
    assert len(kept) + len(refused) == 3
    assert len(caplog.records) == 1, "one warning, whatever the signals meet"

    outbox.expedite()
    outbox.requeue()
    with OtlpReceiver() as receiver:
        reports = to_backend(outbox, receiver.http_endpoint).close(20)
        assert all(report.is_complete for report in reports)
        assert len(receiver.received.spans) == 5
        assert len(receiver.received.log_records) == 1


@pytest.mark.parametrize("endpoint", FAULTS, indirect=True)
def test_over_http_without_an_outbox_the_loss_is_counted(endpoint: str) -> None:
    transport = HttpTransport(endpoint)
    sink = DirectSink(transport, destination="otlp", timeout_s=1.0)
    tracer = OtlpTracer(exporter(sink), logs=True)
    took_s = run_into(tracer)
    (report,) = tracer.close(0)

    assert took_s < AT_MOST_S
    assert (report.delivered, report.dropped) == (0, 3)
    assert report.last_error


@pytest.mark.parametrize("endpoint", [down, hanging, dripping, not_tls], indirect=True)
def test_over_grpc_the_loss_is_counted(endpoint: str) -> None:
    sink = DirectSink(GrpcTransport(endpoint), destination="otlp", timeout_s=1.0)
    tracer = OtlpTracer(exporter(sink), logs=True)
    took_s = run_into(tracer)
    (report,) = tracer.close(0)

    assert took_s < AT_MOST_S
    assert (report.delivered, report.dropped) == (0, 3)
    assert {(item.signal, item.reason, item.items) for item in sink.dropped()} >= {
        (Signal.TRACES, "timeout", 5),
        (Signal.LOGS, "timeout", 1),
    }


def test_a_backend_that_comes_back_in_time_gets_everything() -> None:
    with OtlpReceiver() as receiver:
        receiver.status = 503
        transport = HttpTransport(receiver.http_endpoint)
        tracer = OtlpTracer(exporter(DirectSink(transport, destination="otlp"), delay_s=0.01))
        tell(tracer, a_build(context()))
        receiver.status = 200
        (report,) = tracer.close(20)

        assert report.is_complete
        assert len(receiver.received.spans) == 5


def test_a_full_queue_gives_up_the_newest_and_says_how_much() -> None:
    with down() as endpoint:
        sink = DirectSink(GrpcTransport(endpoint), destination="otlp", most_waiting=1)
        tracer = OtlpTracer(exporter(sink, batch=1), metrics=False)
        tell(tracer, a_build(context()))
        assert tracer._exporter is not None
        tracer._exporter.flush()
        given_up = sum(item.items for item in sink.dropped())
        (report,) = tracer.close(0.2)

    assert given_up == 4
    assert report.dropped == 5
