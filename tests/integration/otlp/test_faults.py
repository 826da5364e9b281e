"""A backend in trouble costs a run a second and one warning; over HTTP nothing else."""

import logging
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, NamedTuple

import pytest

from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.otlp.grpc_transport import GrpcTransport
from floe.adapters.otlp.http_transport import HttpTransport
from floe.adapters.otlp.sink import Signal
from floe.adapters.otlp.tracer import OtlpTracer
from floe.testing.otlp_receiver import OtlpReceiver
from tests.fakes import context
from tests.integration.otlp.certificates import certificate, serving
from tests.unit.adapters.otlp.parts import a_build, direct_sink, exporter, tell, to_backend

BUDGET_S = 1.0
AT_MOST_S = 15.0
"""A generous bound on a loaded machine; without one these cases take for ever."""


class Backend(NamedTuple):
    """Where a backend in trouble listens."""

    http: str
    grpc: str

    @classmethod
    def at(cls, port: int) -> "Backend":
        return cls(*2 * (f"http://127.0.0.1:{port}",))


@contextmanager
def down() -> Iterator[Backend]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield Backend.at(port)


@contextmanager
def hanging() -> Iterator[Backend]:
    """Accept by the kernel's backlog, and never answer."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield Backend.at(server.getsockname()[1])


@contextmanager
def dripping() -> Iterator[Backend]:
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
        yield Backend.at(server.getsockname()[1])
        over.set()


@contextmanager
def receiving(**options: Any) -> Iterator[Backend]:
    with OtlpReceiver(**options) as receiver:
        yield Backend(receiver.http_endpoint, receiver.grpc_endpoint)


def slow() -> AbstractContextManager[Backend]:
    """Answer well, and too late for the end of the run."""
    return receiving(delay_s=20)


def unavailable() -> AbstractContextManager[Backend]:
    return receiving(status=503)


@contextmanager
def elsewhere() -> Iterator[Backend]:
    with receiving() as right, receiving(status=404) as wrong:
        yield Backend(f"{right.http}/wrong", wrong.grpc)


@contextmanager
def not_tls() -> Iterator[Backend]:
    with receiving() as backend:
        yield Backend(*(endpoint.replace("http:", "https:") for endpoint in backend))


@contextmanager
def unknown_authority() -> Iterator[Backend]:
    with TemporaryDirectory() as folder:
        pem, key = certificate(Path(folder))
        with receiving(**serving(pem, key)) as backend:
            yield backend


FAULTS = [down, hanging, dripping, slow, unavailable, elsewhere, not_tls, unknown_authority]


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    with request.param() as backend:
        yield backend


EVERYTHING = {"traces": (0, 1), "metrics": (0, 1), "logs": (0, 1)}
"""Signal → payloads delivered and dropped, when none got through."""


def losses(tracer: OtlpTracer) -> dict[str, tuple[int, int]]:
    """Return what became of the payloads of each signal; every loss has its reason."""
    reports = tracer.close(0)
    assert all(report.last_error for report in reports)
    return {report.destination: (report.delivered, report.dropped) for report in reports}


def run_into(tracer: OtlpTracer) -> float:
    tell(tracer, a_build(context()))
    before = monotonic()
    tracer.close(BUDGET_S)
    return monotonic() - before


@pytest.mark.parametrize("backend", FAULTS, indirect=True)
def test_over_the_outbox_everything_waits_for_the_backend(
    backend: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = MemoryOutbox()
    tracer = OtlpTracer(exporter(to_backend(outbox, backend.http, timeout_s=1.0)), logs=True)
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


@pytest.mark.parametrize("backend", FAULTS, indirect=True)
def test_over_http_without_an_outbox_the_loss_is_counted(backend: Backend) -> None:
    transport = HttpTransport(backend.http)
    sink = direct_sink(transport, timeout_s=1.0)
    tracer = OtlpTracer(exporter(sink), logs=True)
    took_s = run_into(tracer)

    assert took_s < AT_MOST_S
    assert losses(tracer) == EVERYTHING


@pytest.mark.parametrize("backend", FAULTS, indirect=True)
def test_over_grpc_the_loss_is_counted_and_told_once(
    backend: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    sink = direct_sink(GrpcTransport(backend.grpc), timeout_s=1.0)
    tracer = OtlpTracer(exporter(sink), logs=True)
    took_s = run_into(tracer)

    assert took_s < AT_MOST_S
    assert losses(tracer) == EVERYTHING
    assert {(item.signal, item.items) for item in sink.dropped()} >= {
        (Signal.TRACES, 5),
        (Signal.LOGS, 1),
    }
    (told,) = caplog.messages
    assert "5 spans" in told
    assert "data points" in told
    assert re.search(r"1 log record\b", told)


def test_a_backend_that_comes_back_in_time_gets_everything() -> None:
    with OtlpReceiver() as receiver:
        receiver.status = 503
        transport = HttpTransport(receiver.http_endpoint)
        tracer = OtlpTracer(exporter(direct_sink(transport), delay_s=0.01))
        tell(tracer, a_build(context()))
        receiver.status = 200
        assert all(report.is_complete for report in tracer.close(20))
        assert len(receiver.received.spans) == 5


def test_a_full_queue_gives_up_the_newest_and_says_how_much() -> None:
    with down() as backend:
        sink = direct_sink(GrpcTransport(backend.grpc), most_waiting=1)
        tracer = OtlpTracer(exporter(sink, batch=1), metrics=False)
        tell(tracer, a_build(context()))
        assert tracer._exporter is not None
        tracer._exporter.flush()
        given_up = sum(item.items for item in sink.dropped())
        reports = tracer.close(0.2)

    assert given_up == 4
    assert {report.destination: report.dropped for report in reports} == {
        "traces": 5,
        "metrics": 0,
        "logs": 0,
    }


def test_grpc_adds_no_lines_of_its_own(tmp_path: Path) -> None:
    """Its core writes to the file descriptor, for each handshake that fails."""
    (tmp_path / "floe.yaml").write_text(
        "{name: shop, version: '1.0.0', compute: {target: duckdb, properties: {path: s.duckdb}},"
        " transforms: [{type: dbt, path: dbt}], observability: {traces: true}}"
    )
    code = (
        "from floe.entrypoints.project import open_project\n"
        "with open_project() as project:\n"
        "    tracer = project.container.tracer()\n"
        "    from tests.unit.adapters.otlp.parts import a_build, tell\n"
        "    tell(tracer, a_build(project.start()))\n"
        "    tracer.close(1)\n"
    )
    with not_tls() as backend:
        told = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=os.environ
            | {
                "PYTHONPATH": str(Path(__file__).parents[3]),
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_ENDPOINT": backend.grpc,
            },
            capture_output=True,
            text=True,
            check=True,
        )

    (line,) = told.stderr.splitlines()
    assert line.startswith("telemetry did not get through, 5 spans")
