"""The spans of a run: a tree with links, true times, and the words of the conventions."""

import os
import subprocess
import sys
from datetime import timedelta, timezone

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from floe.adapters.openlineage.job_names import job_name
from floe.adapters.otlp.span_record import nanoseconds
from floe.domain.model.node_event import DbtEvent, NodeStatus
from floe.domain.model.run import RunContext
from floe.domain.model.tracing import TraceParent
from floe.testing.otlp_receiver import Received, attributes_of
from tests.fakes import NOON, context, finished, node, started
from tests.unit.adapters.otlp.parts import (
    CUSTOMERS,
    ORDERS,
    RAW,
    SHOP,
    TEST,
    a_build,
    a_summary,
    begun,
    ended,
    kept_tracer,
    tell,
    transitions,
)

SECOND = 1_000_000_000
TENANT = {"floe.tenant.id": "acme", "team": "data"}


def received(run: RunContext, **summary: object) -> Received:
    tracer, sink = kept_tracer()
    tell(tracer, a_build(run))
    tracer.record_run(run, a_summary(run, **summary))
    tracer.close(5)
    return sink.received


def of(span: Span) -> dict[str, object]:
    return attributes_of(span.attributes)


def test_the_tree_is_run_then_invocation_then_node() -> None:
    run = context()
    spans = received(run)

    parents = {span.name: span.parent_span_id.hex() for span in spans.spans}
    assert parents == {
        "floe.run shop": "",
        "dbt build": run.run_span_id,
        "seed raw_customers": run.invocation_span_id,
        "model customers": run.invocation_span_id,
        "model orders": run.invocation_span_id,
        "test unique_customers": run.invocation_span_id,
    }
    assert {span.trace_id.hex() for span in spans.spans} == {run.trace_id}
    assert {span.kind for span in spans.spans} == {Span.SPAN_KIND_INTERNAL}


def test_a_run_continues_the_trace_of_its_parent() -> None:
    parent = TraceParent(trace_id="a" * 32, span_id="b" * 16)

    root = received(context(trace_parent=parent)).span("floe.run shop")

    assert (root.trace_id.hex(), root.parent_span_id.hex()) == ("a" * 32, "b" * 16)
    assert root.flags & 0x300 == 0x300, "the parent lives in another process"


def test_nodes_link_to_the_nodes_that_they_waited_for() -> None:
    run = context()
    spans = received(run)

    def links(name: str) -> dict[str, str]:
        return {
            link.span_id.hex(): str(attributes_of(link.attributes)["floe.link.type"])
            for link in spans.span(name).links
        }

    assert links("seed raw_customers") == {}
    assert links("model customers") == {run.node_span_id(RAW): "depends_on"}
    assert links("model orders") == {
        run.node_span_id(CUSTOMERS): "depends_on",
        run.node_span_id(RAW): "depends_on",
    }
    assert links("test unique_customers") == {run.node_span_id(CUSTOMERS): "tests"}


def test_nodes_outside_the_selection_are_not_linked_to() -> None:
    tracer, sink = kept_tracer()
    tell(tracer, transitions(context(), begun(), finished(ORDERS), ended()))
    tracer.close(5)

    assert list(sink.received.span("model orders").links) == []


def test_spans_have_the_times_of_dbt() -> None:
    span = received(context()).span("model customers")

    assert span.start_time_unix_nano == nanoseconds(NOON)
    assert span.end_time_unix_nano - span.start_time_unix_nano == 3 * SECOND


def test_a_time_is_exact_to_the_microsecond_in_any_zone() -> None:
    tokyo = (NOON + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=9)))

    assert nanoseconds(tokyo) - nanoseconds(NOON) == 1000


def test_a_machine_in_another_zone_gives_the_same_times() -> None:
    code = (
        "from tests.unit.adapters.otlp.test_spans import received\n"
        "from tests.fakes import context\n"
        "print(received(context()).span('model customers').start_time_unix_nano)"
    )
    told = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code],
        env=os.environ | {"TZ": "Asia/Tokyo", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
    )

    assert int(told.stdout) == nanoseconds(NOON)


def test_success_leaves_the_status_unset() -> None:
    spans = received(context())

    for name in ("seed raw_customers", "model customers", "floe.run shop"):
        assert spans.span(name).status.code == Status.STATUS_CODE_UNSET
        assert "error.type" not in of(spans.span(name))


def test_a_warning_is_a_success_that_says_so() -> None:
    tracer, sink = kept_tracer()
    tell(tracer, transitions(context(), begun(), finished(TEST, 1, NodeStatus.WARN, failures=3)))
    tracer.close(5)
    span = sink.received.span("test unique_customers")

    assert span.status.code == Status.STATUS_CODE_UNSET
    assert of(span)["dbt.node.status"] == "warn"
    assert of(span)["dbt.node.failures"] == 3


def test_a_failure_has_a_type_and_a_description() -> None:
    span = received(context()).span("test unique_customers")

    assert span.status.code == Status.STATUS_CODE_ERROR
    assert span.status.message == "Got 2 results, configured to fail if != 0"
    assert of(span)["error.type"] == "dbt.test_failure"


def test_a_skipped_node_takes_no_time_and_is_no_failure() -> None:
    span = received(context()).span("model orders")

    assert span.start_time_unix_nano == span.end_time_unix_nano
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert of(span)["dbt.node.status"] == "skipped"
    assert of(span)["dbt.node.skip_reason"] == "upstream failed"


def test_an_interrupted_node_says_so() -> None:
    tracer, sink = kept_tracer()
    story = transitions(
        context(), begun(), started(CUSTOMERS), ended(exit_code=1, interrupted=True)
    )
    tell(tracer, story)
    tracer.close(5)

    for name in ("model customers", "dbt build"):
        span = sink.received.span(name)
        assert of(span)["error.type"] == "interrupted"
        assert span.status.code == Status.STATUS_CODE_ERROR
    assert of(sink.received.span("model customers"))["dbt.node.status"] == "interrupted"


def test_tenant_and_orchestrator_stand_on_every_span() -> None:
    run = context(
        attributes=TENANT, orchestrator_attributes={"dagster.run.id": "d-1"}, target="postgres"
    )

    for span in received(run).spans:
        said = of(span)
        assert {name: said[name] for name in TENANT} == TENANT
        assert said["dagster.run.id"] == "d-1"
        assert said["floe.compute.target"] == "postgres"
        assert said["floe.pipeline.name"] == "shop"


def test_a_node_says_what_it_is_where_it_stands_and_what_it_did() -> None:
    said = of(received(context(target="postgres")).span("model customers"))
    seed = of(received(context(target="postgres")).span("seed raw_customers"))

    expected = {
        "floe.asset.name": "customers",
        "dbt.node.unique_id": CUSTOMERS,
        "dbt.node.name": "customers",
        "dbt.node.resource_type": "model",
        "dbt.node.materialized": "view",
        "dbt.node.status": "success",
        "dbt.node.execution_time": 0.0,
        "dbt.invocation_id": "dbt-1",
        "db.system.name": "postgresql",
        "db.namespace": "shop.main",
        "db.collection.name": "customers",
        "code.file.path": "models/customers.sql",
        "openlineage.run.id": context().node_run_id(CUSTOMERS),
        "openlineage.job.namespace": "floe",
        "openlineage.job.name": "shop.model.customers",
    }
    assert {name: said[name] for name in expected} == expected
    assert seed["dbt.node.rows_affected"] == 100
    assert seed["dbt.query_id"] == "q-1"


def test_sql_leaves_only_when_asked() -> None:
    for capture_sql, expected in ((False, None), (True, "select 1")):
        tracer, sink = kept_tracer(capture_sql=capture_sql)
        story = transitions(context(), begun(), finished(CUSTOMERS, compiled_code="select 1"))
        tell(tracer, story)
        tracer.close(5)

        assert of(sink.received.span("model customers")).get("db.query.text") == expected


def test_a_node_that_the_manifest_does_not_know_has_a_span() -> None:
    tracer, sink = kept_tracer()
    hook = "operation.shop.on_run_end"
    tell(tracer, transitions(context(), begun(), finished(hook), ended()))
    tracer.close(5)

    assert of(sink.received.span("operation on_run_end"))["dbt.node.unique_id"] == hook


def test_the_invocation_says_which_dbt_and_which_lineage_run_it_is() -> None:
    run = context()
    tracer, sink = kept_tracer()
    tell(tracer, transitions(run, begun(dbt_version="1.11.16"), ended()))
    tracer.close(5)
    said = of(sink.received.span("dbt build"))

    assert said["dbt.version"] == "1.11.16"
    assert said["openlineage.run.id"] == run.invocation_run_id


def test_a_failed_run_names_the_nodes_that_failed() -> None:
    failed = finished(CUSTOMERS, status=NodeStatus.ERROR)
    root = received(context(), exit_code=1, nodes=(failed,)).span("floe.run shop")

    assert root.status.message == "failed: customers"
    assert of(root)["floe.run.result"] == "failure"
    assert of(root)["error.type"] == "dbt.node_failure"


def test_an_interrupted_run_says_so() -> None:
    root = received(context(), exit_code=1, interrupted=True).span("floe.run shop")

    assert of(root)["floe.run.result"] == "interrupted"


def test_failures_are_log_records_with_the_ids_of_their_span() -> None:
    run = context(attributes=TENANT)
    tracer, sink = kept_tracer(logs=True)
    tell(tracer, a_build(run))
    tracer.close(5)
    (record,) = sink.received.log_records
    said = attributes_of(record.attributes)

    assert record.event_name == "exception"
    assert (record.trace_id.hex(), record.span_id.hex()) == (run.trace_id, run.node_span_id(TEST))
    assert said["exception.type"] == "dbt.test_failure"
    assert said["floe.tenant.id"] == "acme"
    assert said["openlineage.run.id"] == run.node_run_id(TEST)


def test_without_logs_there_are_no_log_records() -> None:
    assert received(context()).log_records == []


def test_two_invocations_of_a_run_share_the_trace_and_no_span() -> None:
    tracer, sink = kept_tracer()
    for step in ("step-1", "step-2"):
        tell(tracer, transitions(context(invocation=step), begun(), finished(CUSTOMERS), ended()))
    tracer.close(5)
    spans = sink.received.spans

    assert len({span.span_id for span in spans}) == len(spans) == 4
    assert len({span.trace_id for span in spans}) == 1


def test_every_node_of_a_large_project_gets_its_span() -> None:
    names = [f"model.shop.m{number}" for number in range(10_000)]
    tracer, sink = kept_tracer()
    story: list[DbtEvent] = [begun(), *(finished(name) for name in names), ended()]
    tell(tracer, transitions(context(), *story, over=SHOP.model_copy(update={"nodes": {}})))
    tracer.close(30)

    ids = {span.span_id.hex() for span in sink.received.spans}
    assert ids >= {context().node_span_id(name) for name in names}
    assert len(sink.received.spans) == 10_001


def test_a_source_is_no_upstream_span() -> None:
    source = node("source.shop.raw.orders")
    model = node("model.shop.a", "source.shop.raw.orders")
    over = SHOP.model_copy(update={"nodes": {item.unique_id: item for item in (source, model)}})
    tracer, sink = kept_tracer()
    tell(tracer, transitions(context(), begun(), finished("model.shop.a"), ended(), over=over))
    tracer.close(5)

    assert list(sink.received.span("model a").links) == []


def test_a_span_names_its_lineage_job_as_lineage_does() -> None:
    for transition in a_build(context()):
        tracer, sink = kept_tracer()
        if transition.state.is_end:
            tracer.record(transition)
            tracer.close(5)
            (span,) = sink.received.spans
            assert of(span)["openlineage.job.name"] == job_name(transition)
