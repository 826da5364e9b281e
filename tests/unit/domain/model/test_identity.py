"""Ids that anybody can work out, and that nobody works out differently."""

from uuid import UUID, uuid4, uuid5

from hypothesis import given
from hypothesis import strategies as st

from floe.domain.model import identity
from tests.fakes import context


def test_ids_are_functions_of_what_they_name() -> None:
    assert context().invocation_run_id == context().invocation_run_id
    assert context().node_run_id("a") != context().node_run_id("b")
    assert context().of_invocation("step:2").node_run_id("a") != context().node_run_id("a")


def test_run_ids_are_uuids_and_span_ids_are_sixteen_digits() -> None:
    assert UUID(context().node_run_id("a")).version == 5
    for span in (context().run_span_id, context().invocation_span_id, context().node_span_id("a")):
        assert len(span) == 16
        assert int(span, 16) > 0


@given(st.uuids(), st.text())
def test_an_id_by_name_is_the_one_that_everybody_else_works_out(namespace: UUID, name: str) -> None:
    assert identity.name_based(namespace, name.encode()) == str(uuid5(namespace, name))


def test_a_ratio_sampler_sees_trace_ids_as_random() -> None:
    bound = 1 << 63
    low = [int(identity.trace_id(str(uuid4()))[16:], 16) for _ in range(2000)]

    share = sum(value < bound for value in low) / len(low)

    assert 0.45 < share < 0.55
