"""The story of a run as JSON lines: one a node, each with the ids of its span and lineage run."""

import json
import logging

import pytest

from floe.adapters.noop import NoOpTracer
from floe.adapters.otlp import correlation
from floe.adapters.otlp.log_lines import LoggingTracer
from tests.fakes import context
from tests.unit.adapters.otlp.parts import CUSTOMERS, a_build, a_summary, begun, tell, transitions

RUN = context()


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_every_end_is_a_line_with_its_ids(capsys: pytest.CaptureFixture[str]) -> None:
    story, tracer = a_build(RUN), LoggingTracer(NoOpTracer())
    tell(tracer, story)
    tracer.record_run(RUN, a_summary(RUN))
    tracer.close(0)
    lines = told(capsys)

    assert [(line["event"], line["level"]) for line in lines] == [
        ("dbt started", "info"),
        ("node finished", "info"),
        ("node finished", "info"),
        ("node finished", "error"),
        ("node finished", "warning"),
        ("dbt finished", "error"),
        ("run finished", "info"),
    ]
    ends = [transition for transition in story if transition.state.is_end]
    assert [(line["span_id"], line["openlineage_run_id"]) for line in lines[1:-1]] == [
        (end.span_id, end.run_id) for end in ends
    ]
    assert lines[-1]["span_id"] == RUN.run_span_id
    assert {(line["trace_id"], line["run_id"]) for line in lines} == {(RUN.trace_id, RUN.run_id)}
    assert lines[3]["error"] == "Got 2 results, configured to fail if != 0"


def test_what_others_say_meanwhile_is_json_too_and_nothing_is_afterwards(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tracer = LoggingTracer(NoOpTracer(), "warning")
    tell(tracer, transitions(RUN, begun()))
    logging.getLogger("floe.delivery").warning("the backend is down")
    tracer.close(0)
    (line,) = told(capsys)

    assert line["span_id"] == RUN.invocation_span_id
    assert logging.getLogger("floe").handlers == []


def test_starts_are_told_to_who_asks_for_detail(capsys: pytest.CaptureFixture[str]) -> None:
    tracer = LoggingTracer(NoOpTracer(), "debug")
    tell(tracer, a_build(RUN))
    tracer.close(0)
    nodes = [line["node"] for line in told(capsys) if line["event"] == "node started"]

    assert CUSTOMERS in nodes
    assert len(nodes) == len(set(nodes)) == 4


def test_it_is_nowhere_when_the_invocation_is_over() -> None:
    tracer = LoggingTracer(NoOpTracer())
    tell(tracer, a_build(RUN))
    tracer.close(0)

    assert correlation.current() is None
