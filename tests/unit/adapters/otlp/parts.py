"""Parts for the tests of telemetry: sinks that keep, an outbox in memory, stories to tell."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from floe.adapters.delivery.http import HttpDeliverer
from floe.adapters.delivery.sender import BackgroundSender
from floe.adapters.otlp.direct_sink import DirectSink, Transport, Way
from floe.adapters.otlp.exporter import Exporter
from floe.adapters.otlp.outbox_sink import OutboxSink
from floe.adapters.otlp.resource import resource
from floe.adapters.otlp.sink import Dropped, Payload, Signal
from floe.adapters.otlp.tracer import OtlpTracer
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.errors import TelemetryError
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    InvocationStarted,
    NodeStatus,
)
from floe.domain.model.run import RunContext, RunSummary
from floe.domain.model.run_ledger import RunLedger, RunTransition
from floe.ports.outbox import Outbox
from floe.ports.tracer import Tracer
from floe.testing.otlp_receiver import Received
from tests.fakes import NOON, finished, graph, node

SOURCE, RAW, STAGING = "source.shop.raw", "seed.shop.raw_customers", "model.shop.staging"
CUSTOMERS, ORDERS = "model.shop.customers", "model.shop.orders"
TEST = "test.shop.unique_customers"
SHOP = graph(
    node(RAW),
    node(STAGING, RAW, config={"materialized": "ephemeral"}),
    node(CUSTOMERS, STAGING, original_file_path="models/customers.sql"),
    node(ORDERS, CUSTOMERS, RAW),
    node(TEST, CUSTOMERS, ORDERS, attached_node=CUSTOMERS),
)
DESTINATIONS = {signal: f"otlp.{signal}" for signal in Signal}
NOWHERE = "http://127.0.0.1:1"


class KeepingSink:
    """Reads back every payload that it was given."""

    def __init__(self) -> None:
        self.received = Received()
        self.payloads: list[Payload] = []

    def export(self, payload: Payload) -> None:
        self.payloads.append(payload)
        self.received.accept(payload.signal, payload.message.SerializeToString(), {})

    def dropped(self) -> tuple[Dropped, ...]:
        return ()

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        assert timeout_s >= 0
        return (DeliveryReport(destination="kept", delivered=len(self.payloads)),)


class StubbornSink(KeepingSink):
    """Takes nothing while ``refusing``."""

    def __init__(self) -> None:
        super().__init__()
        self.refusing = True

    def export(self, payload: Payload) -> None:
        if self.refusing:
            raise TelemetryError("refused on purpose")
        super().export(payload)


def to_backend(outbox: Outbox, endpoint: str, **options: Any) -> OutboxSink:
    """Return a sink whose payloads go through *outbox* to *endpoint*, as they do in a run."""
    deliverers = {
        DESTINATIONS[signal]: HttpDeliverer(f"{endpoint}/v1/{signal}", **options)
        for signal in Signal
    }
    sender = BackgroundSender(outbox, deliverers, dict.fromkeys(deliverers, "the OTLP backend"))
    return OutboxSink(outbox, sender, DESTINATIONS)


def direct_sink(transport: Transport, *, timeout_s: float = 5.0, **options: Any) -> DirectSink:
    """Return a sink that sends every signal by *transport*."""
    return DirectSink(dict.fromkeys(Signal, Way(transport, timeout_s)), **options)


def exporter(sink: Any, **options: Any) -> Exporter:
    return Exporter(sink, resource=resource("shop-etl"), **options)


def kept_tracer(**options: Any) -> tuple[OtlpTracer, KeepingSink]:
    sink = KeepingSink()
    return OtlpTracer(exporter(sink), **options), sink


def transitions(
    context: RunContext, *events: DbtEvent, over: ProjectGraph = SHOP
) -> list[RunTransition]:
    ledger = RunLedger(context, over)
    return [transition for event in events for transition in ledger.feed(event)]


def begun(**changes: Any) -> InvocationStarted:
    fields: dict[str, Any] = {"at": NOON, "invocation_id": "dbt-1", "verb": "build"}
    return InvocationStarted(**fields | changes)


def ended(second: float = 9, exit_code: int = 0, **changes: Any) -> InvocationFinished:
    return InvocationFinished(at=NOON + timedelta(seconds=second), exit_code=exit_code, **changes)


def a_build(context: RunContext) -> list[RunTransition]:
    """Return a build in which every kind of end occurs."""
    return transitions(
        context,
        begun(),
        finished(RAW, 1, rows_affected=100, adapter_response={"query_id": "q-1"}),
        finished(CUSTOMERS, 3, materialization="view"),
        finished(TEST, 4, NodeStatus.FAIL, message="Got 2 results, configured to fail if != 0"),
        finished(ORDERS, 5, NodeStatus.SKIPPED, message="upstream failed"),
        ended(exit_code=1),
    )


def a_summary(context: RunContext, **changes: Any) -> RunSummary:
    fields: dict[str, Any] = {
        "run_id": context.run_id,
        "pipeline": context.pipeline,
        "started_at": NOON - timedelta(seconds=1),
        "finished_at": NOON + timedelta(seconds=10),
        "exit_code": 0,
    }
    return RunSummary(**fields | changes)


def tell(tracer: Tracer, story: Iterable[RunTransition]) -> None:
    for transition in story:
        tracer.record(transition)
