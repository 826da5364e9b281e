"""Metrics: few series, true sums, and nothing counted twice."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.metrics.v1 import metrics_pb2

from floe.adapters.otlp.measurements import NODE_DURATION, Aggregator, Exemplar
from floe.domain.model.node_event import NodeStatus
from floe.testing.otlp_receiver import Received, attributes_of
from tests.fakes import NOON, context, finished
from tests.unit.adapters.otlp.parts import (
    CUSTOMERS,
    KeepingSink,
    a_build,
    a_summary,
    begun,
    ended,
    exporter,
    kept_tracer,
    tell,
    transitions,
)

DELTA = metrics_pb2.AGGREGATION_TEMPORALITY_DELTA


def after_a_build(**options: object) -> Received:
    run = context(attributes={"floe.tenant.id": "acme"}, target="duckdb")
    tracer, sink = kept_tracer(**options)
    tell(tracer, a_build(run))
    tracer.record_run(run, a_summary(run))
    tracer.close(5)
    return sink.received


def metric(received: Received, name: str) -> metrics_pb2.Metric:
    (found,) = [item for item in received.metrics if item.name == name]
    return found


def test_every_node_is_counted_once_by_how_it_ended() -> None:
    duration = metric(after_a_build(), "floe.dbt.node.duration")
    counted = {
        (said["dbt.node.resource_type"], said["dbt.node.status"]): point.count
        for point in duration.histogram.data_points
        for said in [attributes_of(point.attributes)]
    }

    assert duration.unit == "s"
    assert counted == {
        ("seed", "success"): 1,
        ("model", "success"): 1,
        ("model", "skipped"): 1,
        ("test", "fail"): 1,
    }


def test_no_measurement_names_a_node_or_a_run() -> None:
    for item in after_a_build().metrics:
        pairs = [point.attributes for point in item.histogram.data_points]
        pairs += [point.attributes for point in item.sum.data_points]
        for said in map(attributes_of, pairs):
            assert said["floe.tenant.id"] == "acme"
            assert said["floe.compute.target"] == "duckdb"
            assert not {"dbt.node.name", "dbt.node.unique_id", "floe.run.id"} & said.keys()


def test_histograms_are_differences_with_the_span_as_an_example() -> None:
    received = after_a_build()
    duration = metric(received, "floe.run.duration").histogram

    assert duration.aggregation_temporality == DELTA
    (point,) = duration.data_points
    assert point.sum == pytest.approx(11)
    assert point.exemplars[0].span_id.hex() == context().run_span_id
    assert attributes_of(point.attributes)["floe.run.result"] == "success"


def test_active_runs_go_up_and_come_down_again() -> None:
    tracer, sink = kept_tracer()
    story = transitions(context(), begun(), ended())
    tell(tracer, story[:1])
    assert tracer._exporter is not None
    tracer._exporter.flush()
    tell(tracer, story[1:])
    tracer.close(5)

    levels = [
        item.sum.data_points[0].as_int
        for item in sink.received.metrics
        if item.name == "floe.run.active"
    ]
    assert levels == [1, 0]
    assert not metric_is_monotonic(sink.received)


def metric_is_monotonic(received: Received) -> bool:
    return any(item.sum.is_monotonic for item in received.metrics if item.name == "floe.run.active")


def test_a_repeated_transition_is_counted_once() -> None:
    tracer, sink = kept_tracer()
    tell(tracer, [item for item in a_build(context())[:-1] for _ in range(2)])
    tracer.close(5)

    points = metric(sink.received, "floe.dbt.node.duration").histogram.data_points
    assert sum(point.count for point in points) == 4


def test_metrics_can_be_left_out() -> None:
    assert after_a_build(metrics=False).metrics == []


def test_rows_are_measured_where_dbt_knows_them() -> None:
    (point,) = metric(after_a_build(), "floe.dbt.node.rows_affected").histogram.data_points

    assert (point.count, point.sum) == (1, 100)


def test_failures_say_their_type() -> None:
    tracer, sink = kept_tracer()
    failed = finished(CUSTOMERS, status=NodeStatus.ERROR, message="Runtime Error in model x")
    tell(tracer, transitions(context(), begun(), failed, ended(exit_code=1)))
    tracer.close(5)
    (point,) = metric(sink.received, "floe.dbt.node.duration").histogram.data_points

    assert attributes_of(point.attributes)["error.type"] == "dbt.runtime_error"


def test_cumulative_sums_go_on() -> None:
    sink = KeepingSink()
    cumulative = exporter(sink, cumulative=True)
    for _ in range(2):
        cumulative.measure(NODE_DURATION, 1, {})
        cumulative.flush()
    cumulative.close(5)

    counts = [item.histogram.data_points[0].count for item in sink.received.metrics]
    assert counts[:2] == [1, 2]


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1))
def test_a_histogram_holds_every_value_in_the_bucket_it_belongs_to(values: list[float]) -> None:
    aggregator = Aggregator(0)
    for value in values:
        aggregator.measure(NODE_DURATION, value, {}, Exemplar(value, 1, "a" * 32, "b" * 16))
    (collected,) = aggregator.collect(1)
    (point,) = collected.points.values()
    edges = (-1.0, *NODE_DURATION.bounds, float("inf"))

    assert point.buckets == [
        sum(low < value <= high for value in values) for low, high in pairwise(edges)
    ]
    assert (point.count, point.least, point.most) == (len(values), min(values), max(values))
    assert aggregator.collect(2) == []


def test_intervals_follow_each_other_without_a_gap() -> None:
    aggregator = Aggregator(5)
    intervals = []
    for now in (10, 20):
        aggregator.measure(NODE_DURATION, 1, {"a": "b"})
        intervals += [(item.start_ns, item.end_ns) for item in aggregator.collect(now)]

    assert intervals == [(5, 10), (10, 20)]


def test_a_run_that_took_no_time_is_measured() -> None:
    run = context()
    tracer, sink = kept_tracer()
    tracer.record_run(run, a_summary(run, started_at=NOON, finished_at=NOON - timedelta(seconds=1)))
    tracer.close(5)
    (point,) = metric(sink.received, "floe.run.duration").histogram.data_points

    assert point.sum == 0
