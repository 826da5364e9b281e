"""Every line of a run can be joined with its trace and its lineage."""

import io
import json
import logging
import threading
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from floe.adapters.otlp import correlation
from floe.adapters.otlp.correlation import Position
from floe.adapters.otlp.logs import (
    STORY_LOGGER,
    TraceIdFilter,
    add_trace_ids,
    json_logs,
    log_as_json,
    otlp_logs,
)
from floe.testing.otlp_receiver import attributes_of
from tests.fakes import context
from tests.unit.adapters.otlp.parts import (
    KeepingSink,
    begun,
    ended,
    exporter,
    kept_tracer,
    tell,
    transitions,
)

HERE = Position("a" * 32, "b" * 16, "run-1")
LOG = logging.getLogger("floe.tests")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with json_logs("DEBUG", stream):
        yield stream


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_in_a_span_has_its_ids(stream: io.StringIO) -> None:
    with correlation.at(HERE):
        LOG.info("inside %s", "now", extra={"rows": 3})
    LOG.info("outside")
    inside, outside = lines(stream)

    assert inside | {"timestamp": "then"} == {
        "event": "inside now",
        "level": "info",
        "logger": "floe.tests",
        "rows": 3,
        "timestamp": "then",
        "trace_id": "a" * 32,
        "span_id": "b" * 16,
        "openlineage_run_id": "run-1",
    }
    assert not {"trace_id", "span_id"} & outside.keys()


def test_an_exception_stays_on_its_line(stream: io.StringIO) -> None:
    try:
        int("gone")
    except ValueError:
        LOG.exception("failed")
    (line,) = lines(stream)

    assert "gone" in json.dumps(line["exception"])


def test_the_span_of_a_host_counts_where_floe_has_none(stream: io.StringIO) -> None:
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("host")
    with tracer.start_as_current_span("x") as span:
        LOG.info("inside")
    (line,) = lines(stream)

    assert line["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    assert line["span_id"] == f"{span.get_span_context().span_id:016x}"


def test_while_an_invocation_lasts_its_ids_are_on_every_line(stream: io.StringIO) -> None:
    run = context()
    tracer, _ = kept_tracer()
    start, end = transitions(run, begun(), ended())
    tracer.record(start)
    LOG.info("during")
    tracer.record(end)
    LOG.info("after")
    tracer.close(5)
    during, after = lines(stream)

    assert during["trace_id"] == run.trace_id
    assert during["span_id"] == run.invocation_span_id
    assert during["openlineage_run_id"] == run.invocation_run_id
    assert "trace_id" not in after


def test_an_inner_span_gives_way_to_the_outer_one() -> None:
    inner = Position("c" * 32, "d" * 16)
    with correlation.at(HERE):
        with correlation.at(inner):
            assert correlation.current() == inner
        assert correlation.current() == HERE
    assert correlation.current() is None


def test_structlog_gets_the_ids_and_what_is_given_stays() -> None:
    with correlation.at(HERE):
        event = add_trace_ids(None, "info", {"event": "x", "span_id": "mine"})

    assert event["trace_id"] == "a" * 32
    assert event["span_id"] == "mine"


def test_a_handler_of_a_host_gets_the_ids_by_a_filter() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(trace_id)s %(span_id)s %(message)s"))
    handler.addFilter(TraceIdFilter())
    record = LOG.makeRecord("x", logging.INFO, "f", 1, "hello", (), None)
    with correlation.at(HERE):
        handler.handle(record)

    assert stream.getvalue() == f"{'a' * 32} {'b' * 16} hello\n"


def test_log_records_leave_by_otlp_when_asked() -> None:
    sink = KeepingSink()
    sending = exporter(sink)
    with json_logs("INFO", io.StringIO(), add=sending.add):
        with correlation.at(HERE):
            LOG.error("lost %d", 3)
        LOG.debug("too quiet")
    sending.close(5)
    (record,) = sink.received.log_records

    assert record.body.string_value == "lost 3"
    assert (record.severity_text, record.severity_number) == ("ERROR", 17)
    assert (record.trace_id.hex(), record.span_id.hex()) == ("a" * 32, "b" * 16)
    assert attributes_of(record.attributes)["openlineage.run.id"] == "run-1"


def test_nothing_of_the_process_is_changed() -> None:
    root, floe = logging.getLogger(), logging.getLogger("floe")

    def state() -> tuple[object, ...]:
        return (
            root.handlers[:],
            root.level,
            floe.handlers[:],
            floe.level,
            floe.propagate,
            structlog.is_configured(),
            trace.get_tracer_provider(),
        )

    before = state()
    with json_logs("DEBUG", io.StringIO()):
        assert (root.handlers, root.level) == (before[0], before[1])
        tracer, _ = kept_tracer()
        tell(tracer, transitions(context(), begun(), ended()))
        tracer.close(5)
    assert state() == before


def test_a_thread_beside_the_only_run_is_where_the_run_is() -> None:
    seen: list[Position | None] = []

    def look() -> None:
        thread = threading.Thread(target=lambda: seen.append(correlation.current()))
        thread.start()
        thread.join()

    other = Position("c" * 32, "d" * 16)
    correlation.enter(HERE)
    look()
    correlation.enter(other)
    look()
    correlation.leave(other)
    correlation.leave(HERE)
    look()

    assert seen == [HERE, None, None]


def test_a_process_of_floes_own_says_everything_as_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = logging.getLogger("floe")
    try:
        log_as_json()
        log_as_json("debug")
        with json_logs("warning"):
            LOG.debug("once")
    finally:
        named.handlers, named.propagate = [], True
        named.setLevel(logging.NOTSET)

    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "once"


def test_what_floe_says_while_a_run_lasts_is_a_log_record_of_its_span() -> None:
    tracer, sink = kept_tracer(logs=True)
    run = context()
    tell(tracer, transitions(run, begun()))
    LOG.warning("the outbox is full")
    logging.getLogger(STORY_LOGGER).error("what the span says already")
    tell(tracer, transitions(run, begun(), ended())[-1:])
    tracer.close(10)
    LOG.warning("afterwards")

    (record,) = sink.received.log_records
    assert record.body.string_value == "the outbox is full"
    assert record.span_id.hex() == run.invocation_span_id
    assert attributes_of(record.attributes)["logger.name"] == "floe.tests"


def test_a_record_without_a_place_is_left_out_and_logging_goes_on() -> None:
    kept = exporter(KeepingSink(), most_waiting=0)
    with otlp_logs(kept.offer):
        LOG.warning("too much")
    (report,) = [item for item in kept.close(1) if item.dropped]

    assert report.dropped == 1


def test_who_saw_warnings_on_standard_error_still_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with otlp_logs(lambda _record: None):
        LOG.warning("seen")

    assert capsys.readouterr().err == "seen\n"
