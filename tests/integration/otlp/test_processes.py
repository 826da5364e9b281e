"""Steps in processes of their own are one trace, however the processes were started."""

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.context import ForkContext, ForkServerContext, SpawnContext
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from time import monotonic, sleep
from typing import TypeAlias
from uuid import uuid4

import pytest

from floe.adapters.delivery.sqlite_outbox import SqliteOutbox
from floe.adapters.otlp.grpc_transport import GrpcTransport
from floe.adapters.otlp.sink import Sink
from floe.adapters.otlp.tracer import OtlpTracer
from floe.testing.otlp_receiver import OtlpReceiver
from tests.fakes import context
from tests.unit.adapters.otlp.parts import (
    a_build,
    a_summary,
    direct_sink,
    exporter,
    tell,
    to_backend,
)

STEPS = ("extract", "transform")
SPANS_A_STEP = 5
Processes: TypeAlias = ForkContext | ForkServerContext | SpawnContext
Endpoints: TypeAlias = "SimpleQueue[tuple[str, str]]"


@dataclass(frozen=True)
class Backend:
    """Where to send to, and the file in which the receiver keeps trace and span of each span."""

    http: str
    grpc: str
    written: Path

    def spans_of(self, trace_id: str, wanted: int) -> list[str]:
        """Return the spans of a trace when *wanted* of them are there."""
        until, spans = monotonic() + 30, list[str]()
        while len(spans) < wanted and monotonic() < until:
            sleep(0.05)
            lines = self.written.read_text().split("\n") if self.written.exists() else []
            pairs = [line.split() for line in lines if line.endswith(".")]
            spans = [span for trace, span, _ in pairs if trace == trace_id]
        return spans


def serve(endpoints: Endpoints, written: Path) -> None:
    """Receive until a file says stop, and keep writing down what came."""
    with OtlpReceiver() as receiver:
        endpoints.put((receiver.http_endpoint, receiver.grpc_endpoint))
        until = monotonic() + 300
        while not written.with_suffix(".stop").exists() and monotonic() < until:
            spans = [
                f"{span.trace_id.hex()} {span.span_id.hex()} ." for span in receiver.received.spans
            ]
            written.write_text("\n".join(spans))
            sleep(0.05)


def sink_to(protocol: str, backend: Backend, state: Path) -> Sink:
    if protocol == "grpc":
        return direct_sink(GrpcTransport(backend.grpc))
    return to_backend(SqliteOutbox(state), backend.http)


def step(protocol: str, backend: Backend, state: Path, run_id: str, name: str) -> None:
    tracer = OtlpTracer(exporter(sink_to(protocol, backend, state)))
    tell(tracer, a_build(context(run_id=run_id, invocation=name)))
    tracer.close(20)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """Run a receiver in a process of its own, away from those that fork."""
    processes = multiprocessing.get_context("spawn")
    endpoints = processes.SimpleQueue()
    written = tmp_path_factory.mktemp("backend") / "spans"
    server = processes.Process(target=serve, args=(endpoints, written), daemon=True)
    server.start()
    http, grpc = endpoints.get()
    yield Backend(http, grpc, written)
    written.with_suffix(".stop").touch()
    server.join(60)


@pytest.mark.parametrize("protocol", ["http", "grpc"])
@pytest.mark.parametrize(
    "processes",
    [
        multiprocessing.get_context("fork"),
        multiprocessing.get_context("forkserver"),
        multiprocessing.get_context("spawn"),
    ],
    ids=lambda processes: str(processes.get_start_method()),
)
def test_the_steps_of_a_run_are_one_trace(
    processes: Processes, protocol: str, backend: Backend, tmp_path: Path
) -> None:
    run_id = str(uuid4())
    children = [
        processes.Process(target=step, args=(protocol, backend, tmp_path, run_id, name))
        for name in STEPS
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    run = context(run_id=run_id)
    tracer = OtlpTracer(exporter(sink_to(protocol, backend, tmp_path)))
    tracer.record_run(run, a_summary(run))
    tracer.close(20)

    wanted = len(STEPS) * SPANS_A_STEP + 1
    spans = backend.spans_of(run.trace_id, wanted)
    assert [child.exitcode for child in children] == [0, 0]
    assert len(spans) == len(set(spans)) == wanted


def test_a_tracer_from_before_the_fork_serves_both_sides(backend: Backend, tmp_path: Path) -> None:
    """The parent has gathered and sent already when it forks, as a server of workers has."""
    run_id = str(uuid4())
    tracer = OtlpTracer(exporter(sink_to("http", backend, tmp_path)))
    tell(tracer, a_build(context(run_id=run_id, invocation="before")))
    backend.spans_of(context(run_id=run_id).trace_id, SPANS_A_STEP)
    begun = a_build(context(run_id=run_id, invocation="parent"))
    tell(tracer, begun[:-1])
    child = multiprocessing.get_context("fork").Process(
        target=go_on, args=(tracer, run_id), daemon=True
    )
    child.start()
    child.join(120)
    tell(tracer, begun[-1:])
    tracer.close(20)

    spans = backend.spans_of(context(run_id=run_id).trace_id, 3 * SPANS_A_STEP)
    assert child.exitcode == 0
    assert len(spans) == len(set(spans)) == 3 * SPANS_A_STEP


def go_on(tracer: OtlpTracer, run_id: str) -> None:
    tell(tracer, a_build(context(run_id=run_id, invocation="child")))
    tracer.close(20)
