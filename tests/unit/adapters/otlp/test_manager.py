"""Spans around code: there when there is an endpoint, and nothing at all otherwise."""

import logging
import subprocess
import sys

import pytest
from pydantic import ValidationError

from floe.adapters.otlp import correlation
from floe.adapters.otlp.manager import NoOpSpan, TracingManager
from floe.domain.model.tracing import TracingConfig
from floe.testing.otlp_receiver import OtlpReceiver, attributes_of
from tests.unit.adapters.otlp.parts import KeepingSink, exporter

SOMEWHERE = TracingConfig(endpoint="http://127.0.0.1:1", attributes={"floe.tenant.id": "acme"})


def kept() -> tuple[TracingManager, KeepingSink]:
    sink = KeepingSink()
    return TracingManager(SOMEWHERE, exporter(sink)), sink


def test_without_an_endpoint_there_is_no_span() -> None:
    manager = TracingManager()
    with manager.start_span("x", {"a": 1}) as span:
        span.set_attribute("b", 2)
        span.record_exception(ValueError())
        assert isinstance(span, NoOpSpan)
        assert correlation.current() is None
    assert manager.close() == ()


def test_spans_nest_and_carry_clean_attributes() -> None:
    manager, sink = kept()
    with (
        manager.start_span("outer", {"n": 1, "bad": [1], "": "x"}),
        manager.start_span("inner") as inner,
    ):
        inner.set_attribute("done", True)  # noqa: FBT003 - a value
        inner.set_attribute("worse", object())
    manager.close()
    outer_span, inner_span = sink.received.span("outer"), sink.received.span("inner")

    assert inner_span.parent_span_id == outer_span.span_id
    assert inner_span.trace_id == outer_span.trace_id
    assert attributes_of(outer_span.attributes) == {"floe.tenant.id": "acme", "n": 1}
    assert attributes_of(inner_span.attributes) == {"floe.tenant.id": "acme", "done": True}
    assert outer_span.end_time_unix_nano >= inner_span.end_time_unix_nano


def test_an_exception_goes_on_its_way_and_the_span_tells_of_it() -> None:
    manager, sink = kept()
    with pytest.raises(ValueError, match="no"), manager.start_span("x"):
        raise ValueError("no")
    manager.close()
    span = sink.received.span("x")

    assert (span.status.code, span.status.message) == (2, "no")
    assert attributes_of(span.attributes)["error.type"] == "ValueError"


def test_a_log_position_is_set_inside_and_gone_outside() -> None:
    manager, sink = kept()
    with manager.start_span("x"):
        position = correlation.current()
    manager.close()

    assert position is not None
    assert position.span_id == sink.received.span("x").span_id.hex()
    assert correlation.current() is None


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_an_endpoint_can_be_given_later(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
    with OtlpReceiver() as receiver:
        endpoints = {"grpc": receiver.grpc_endpoint, "http/protobuf": receiver.http_endpoint}
        manager = TracingManager()
        manager.configure(endpoints[protocol])
        with manager.start_span("x"):
            pass
        (report,) = manager.close()

        assert report.is_complete
        assert receiver.received.span("x").name == "x"
        resource = receiver.received.requests["traces"][0].resource_spans[0].resource
        assert attributes_of(resource.attributes)["service.name"] == "floe-dagster"


def test_an_endpoint_can_be_taken_away() -> None:
    manager, sink = kept()
    manager.configure(None)
    with manager.start_span("x"):
        pass
    manager.close()

    assert not manager.enabled
    assert sink.received.spans == []


def test_an_endpoint_must_be_an_address() -> None:
    with pytest.raises(ValidationError):
        TracingManager().configure("collector")


def test_off_means_that_nothing_of_opentelemetry_is_imported() -> None:
    code = (
        "import sys\n"
        "from floe.adapters.otlp.manager import TracingManager\n"
        "manager = TracingManager()\n"
        "with manager.start_span('x', {'a': 1}): pass\n"
        "from floe.adapters.noop import NoOpTracer\n"
        "NoOpTracer().close(1)\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'opentelemetry', 'grpc'}])"
    )
    told = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )

    assert told.stdout == "[]\n"


def test_on_means_the_messages_and_nothing_else_of_opentelemetry() -> None:
    """So the extra that brings the messages is all that exporting needs."""
    code = (
        "import sys\n"
        "from floe.adapters.otlp import environment, grpc_transport, http_transport\n"
        "from floe.adapters.otlp import line_sink, log_lines, manager, outbox_sink, tracer\n"
        "names = [name for name in sys.modules if name.startswith('opentelemetry.')]\n"
        "print({name.split('.')[1] for name in names})"
    )
    told = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )

    assert told.stdout == "{'proto'}\n"


def test_a_missing_package_costs_a_warning_and_not_the_work(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "floe.adapters.otlp.http_transport", None)
    manager = TracingManager(SOMEWHERE)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            with manager.start_span("x"):
                pass

    assert len(caplog.records) == 1
    assert manager.close() == ()
