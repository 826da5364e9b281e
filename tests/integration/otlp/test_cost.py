"""What telemetry costs: processor time, which a busy machine distorts least."""

import gc
from time import process_time

from floe.adapters.noop import NoOpTracer
from floe.adapters.otlp.tracer import OtlpTracer
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run_ledger import RunTransition
from tests.fakes import context, finished, graph, node
from tests.unit.adapters.otlp.parts import KeepingSink, begun, ended, exporter, transitions

NODES = 1000
AT_MOST_US = 1000
"""Microseconds a node, several times what a quiet machine needs."""


def a_long_chain() -> list[RunTransition]:
    names = [f"model.shop.m{number}" for number in range(NODES)]
    nodes = [node(name, *names[max(0, place - 1) : place]) for place, name in enumerate(names)]
    events: list[DbtEvent] = [begun(), *(finished(name) for name in names), ended()]
    run = context(attributes={f"floe.tenant.{place}": "acme" for place in range(7)})
    return transitions(run, *events, over=graph(*nodes))


def test_a_node_costs_little() -> None:
    story = a_long_chain()
    tracer = OtlpTracer(exporter(KeepingSink()))
    gc.collect()
    before = process_time()
    for transition in story:
        tracer.record(transition)
    tracer.close(60)

    assert (process_time() - before) / NODES * 1e6 < AT_MOST_US


def test_nothing_costs_next_to_nothing() -> None:
    (transition, *_), tracer = transitions(context(), begun()), NoOpTracer()
    before = process_time()
    for _ in range(100_000):
        tracer.record(transition)

    assert (process_time() - before) / 100_000 * 1e6 < 5
