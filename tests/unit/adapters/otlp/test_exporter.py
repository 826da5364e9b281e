"""Nothing is lost while the sink accepts, memory is bounded, and the account is true."""

import logging
import os
import threading
from pathlib import Path
from time import monotonic, sleep

import pytest

from floe.adapters.otlp.exporter import BATCH
from floe.adapters.otlp.measurements import DROPPED, RUN_ACTIVE
from floe.adapters.otlp.sink import Dropped, Payload, Signal
from floe.adapters.otlp.span_record import LogRecord, SpanRecord
from floe.domain.model.errors import TelemetryError
from floe.testing.otlp_receiver import attributes_of
from tests.unit.adapters.otlp.parts import KeepingSink, StubbornSink, exporter

LOG = LogRecord(1, "hello", 9, "INFO")


def span(number: int = 1) -> SpanRecord:
    return SpanRecord("a" * 32, f"{number:016x}", f"span {number}", number, number + 1)


def wait_for(sink: KeepingSink, spans: int) -> None:
    until = monotonic() + 20
    while len(sink.received.spans) < spans and monotonic() < until:
        sleep(0.01)
    assert len(sink.received.spans) == spans


def test_a_burst_of_ten_thousand_arrives_whole() -> None:
    sink = KeepingSink()
    burst = exporter(sink)

    def add_from(first: int) -> None:
        for number in range(first, first + 2500):
            burst.add(span(number))

    threads = [threading.Thread(target=add_from, args=(first,)) for first in range(1, 10_001, 2500)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    burst.close(30)

    assert sorted(int(item.span_id.hex(), 16) for item in sink.received.spans) == list(
        range(1, 10_001)
    )
    assert max(payload.items for payload in sink.payloads) <= BATCH


def test_what_is_made_later_is_made_on_the_thread_that_exports() -> None:
    sink, makers = KeepingSink(), set[str]()
    busy = exporter(sink, delay_s=0.05)

    def make() -> list[SpanRecord]:
        makers.add(threading.current_thread().name)
        return [span(number) for number in range(2 * BATCH)]

    busy.later(make)
    wait_for(sink, 2 * BATCH)
    busy.close(5)

    assert makers == {"floe-telemetry"}
    assert max(payload.items for payload in sink.payloads) <= BATCH


def test_what_cannot_be_made_is_counted_as_lost_and_holds_up_nothing() -> None:
    sink = KeepingSink()
    unlucky = exporter(sink)

    def fail() -> list[SpanRecord]:
        raise ValueError

    unlucky.later(fail)
    unlucky.add(span())
    reports = unlucky.close(5)

    assert len(sink.received.spans) == 1
    assert [report.dropped for report in reports if report.destination == "telemetry"] == [1]


def test_a_span_leaves_soon_without_being_asked() -> None:
    sink = KeepingSink()
    quick = exporter(sink, delay_s=0.05)
    quick.add(span())
    wait_for(sink, 1)
    quick.add(span(2))
    wait_for(sink, 2)
    quick.close(5)


def test_metrics_leave_at_their_interval() -> None:
    sink = KeepingSink()
    quick = exporter(sink, delay_s=0.02, metric_interval_s=0.05)
    quick.measure(RUN_ACTIVE, 1, {})
    until = monotonic() + 20
    number = 0
    while not sink.received.metrics and monotonic() < until:
        number += 1
        quick.add(span(number))
        sleep(0.02)

    assert sink.received.metrics[0].name == "floe.run.active"
    quick.close(5)


def test_spans_and_logs_leave_as_their_own_signals() -> None:
    sink = KeepingSink()
    mixed = exporter(sink)
    mixed.add(span())
    mixed.add(LOG)
    mixed.close(5)

    assert len(sink.received.spans) == len(sink.received.log_records) == 1
    assert len({payload.key for payload in sink.payloads}) == len(sink.payloads)


def test_what_a_sink_refuses_is_held_until_it_accepts() -> None:
    sink = StubbornSink()
    patient = exporter(sink, delay_s=60)
    patient.add(span())
    with pytest.raises(TelemetryError):
        patient.flush()
    sink.refusing = False
    patient.flush()
    patient.close(5)

    assert len(sink.received.spans) == 1


def test_memory_is_bounded_and_the_account_says_what_was_lost() -> None:
    sink = StubbornSink()
    full = exporter(sink, delay_s=60, most_waiting=10, batch=5)
    refused = 0
    for number in range(100):
        try:
            full.add(span(number + 1))
        except TelemetryError:
            refused += 1
    assert len(full._waiting) <= 10
    reports = full.close(5)

    assert refused > 0
    (lost,) = [report for report in reports if report.dropped]
    assert lost.dropped >= 100
    assert lost.last_error == "refused on purpose"


def test_a_sink_in_trouble_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    sink = StubbornSink()
    with caplog.at_level(logging.WARNING):
        troubled = exporter(sink, delay_s=0.01)
        for number in range(5):
            troubled.add(span(number + 1))
            sleep(0.05)
        troubled.close(5)

    assert len(caplog.records) == 1


def test_a_closed_exporter_hands_on_at_once() -> None:
    sink = KeepingSink()
    closed = exporter(sink)
    closed.close(5)
    closed.add(span())

    assert len(sink.received.spans) == 1


def test_what_a_sink_gave_up_is_measured() -> None:
    class Forgetful(KeepingSink):
        def dropped(self) -> tuple[Dropped, ...]:
            return (Dropped(Signal.TRACES, "queue_full", 7),)

    sink = Forgetful()
    measuring = exporter(sink, measured={"floe.tenant.id": "acme"})
    measuring.measure(RUN_ACTIVE, 1, {})
    measuring.close(5)
    (metric,) = [item for item in sink.received.metrics if item.name == DROPPED.name]
    (point,) = metric.sum.data_points

    assert point.as_int == 7
    assert attributes_of(point.attributes) == {
        "floe.tenant.id": "acme",
        "signal": "traces",
        "reason": "queue_full",
    }


def test_a_forked_child_exports_its_own_and_not_its_parents(tmp_path: Path) -> None:
    """What the parent had gathered is the parent's to send."""
    sink = KeepingSink()
    shared = exporter(sink, delay_s=60)
    shared.add(span(1))
    child = os.fork()
    if child == 0:
        shared.add(span(2))
        shared.close(5)
        names = [item.name for item in sink.received.spans]
        (tmp_path / "child").write_text(" ".join(names))
        os._exit(0)
    os.waitpid(child, 0)
    shared.close(5)

    assert (tmp_path / "child").read_text() == "span 2"
    assert [item.name for item in sink.received.spans] == ["span 1"]


def test_texts_are_cut_where_a_limit_is_set() -> None:
    sink = KeepingSink()
    short = exporter(sink, longest_value=3)
    short.add(SpanRecord("a" * 32, "b" * 16, "a long name", 1, 2, attributes={"long": "12345"}))
    short.close(5)
    (sent,) = sink.received.spans

    assert attributes_of(sent.attributes) == {"long": "123"}
    assert sent.name == "a long name"


def test_a_sink_that_hangs_does_not_hold_up_the_end() -> None:
    class Hanging(KeepingSink):
        released = threading.Event()

        def export(self, payload: Payload) -> None:
            self.released.wait(30)
            super().export(payload)

    sink = Hanging()
    hanging = exporter(sink, delay_s=0.01)
    hanging.add(span())
    sleep(0.2)
    hanging.add(span(2))
    before = monotonic()
    reports = hanging.close(0.5)
    took_s = monotonic() - before
    sink.released.set()

    assert took_s < 10
    assert reports[-1].dropped == 1 + 1
    assert reports[-1].last_error == "the sink hangs"
