"""A trace leaves whole or not at all, and everyone decides alike."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased

from floe.adapters.otlp.sampling import TraceSampler
from floe.domain.model.identity import trace_id
from floe.domain.model.pipeline import Sampling, SamplingType
from floe.domain.model.tracing import TraceParent
from tests.fakes import context
from tests.unit.adapters.otlp.parts import a_build, a_summary, kept_tracer, tell

OFF = Sampling(type=SamplingType.ALWAYS_OFF)
ON = Sampling(type=SamplingType.ALWAYS_ON)


def ratio(probability: float) -> Sampling:
    return Sampling(type=SamplingType.PROBABILISTIC, probability=probability)


@given(
    st.floats(min_value=0, max_value=1),
    st.integers(min_value=1, max_value=(1 << 128) - 1).map(lambda number: f"{number:032x}"),
)
def test_a_ratio_decides_as_the_sdk_does(probability: float, trace: str) -> None:
    theirs = TraceIdRatioBased(probability).should_sample(None, int(trace, 16), "x").decision

    ours = TraceSampler(ratio(probability)).decide(trace)
    assert ours == (theirs is Decision.RECORD_AND_SAMPLE)


def test_a_quarter_of_runs_is_a_quarter() -> None:
    sampler = TraceSampler(ratio(0.25))
    taken = sum(sampler.decide(trace_id(f"{number:032x}")) for number in range(4000))

    assert 900 < taken < 1100


def test_the_parent_decides_where_there_is_one() -> None:
    for sampled in (True, False):
        parent = TraceParent(trace_id="a" * 32, span_id="b" * 16, sampled=sampled)
        run = context(trace_parent=parent)
        assert TraceSampler(ON).is_sampled(run) is sampled
        assert TraceSampler(OFF).is_sampled(run) is sampled


def test_a_sampler_that_is_not_parent_based_decides_itself() -> None:
    run = context(trace_parent=TraceParent(trace_id="a" * 32, span_id="b" * 16))

    assert not TraceSampler(OFF, parent_based=False).is_sampled(run)


def test_a_rate_limit_takes_so_many_traces_a_second_and_remembers_them() -> None:
    now = [0.0]
    rule = Sampling(type=SamplingType.RATE_LIMITING, rate_limit=2)
    sampler = TraceSampler(rule, clock_s=lambda: now[0])

    assert [sampler.decide(name) for name in "abcd"] == [True, True, False, False]
    assert [sampler.decide(name) for name in "abcd"] == [True, True, False, False]
    now[0] = 0.5
    assert [sampler.decide(name) for name in "ef"] == [True, False]


def test_decisions_do_not_pile_up() -> None:
    sampler = TraceSampler(ON)
    for number in range(5000):
        sampler.decide(str(number))

    assert len(sampler._decided) <= 1024


def test_what_is_not_sampled_is_measured_and_makes_no_span() -> None:
    tracer, sink = kept_tracer(sampler=TraceSampler(OFF))
    tell(tracer, a_build(context()))
    tracer.record_run(context(), a_summary(context()))
    tracer.close(5)

    assert sink.received.spans == []
    assert {item.name for item in sink.received.metrics} >= {"floe.dbt.node.duration"}
    exemplars = [
        point.exemplars
        for item in sink.received.metrics
        for point in item.histogram.data_points
        if point.exemplars
    ]
    assert exemplars == []
