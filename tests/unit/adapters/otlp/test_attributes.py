"""Whatever a caller puts on a span, what leaves is a clean scalar."""

import math
from enum import StrEnum

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from floe.adapters.otlp.attributes import clean, printable
from floe.adapters.otlp.encoding import Encoder
from floe.adapters.otlp.span_record import SpanRecord
from floe.testing.otlp_receiver import attributes_of

anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
mappings = st.dictionaries(
    st.text(), anything | st.lists(anything) | st.dictionaries(st.text(), anything)
)


class Colour(StrEnum):
    RED = "red"


@given(mappings)
def test_only_scalars_under_printable_names_are_kept(attributes: dict[str, object]) -> None:
    for name, value in clean(attributes).items():
        assert name == printable(name)
        assert name
        assert type(value) in {str, bool, int, float}


@given(mappings)
def test_everything_kept_can_be_encoded(attributes: dict[str, object]) -> None:
    kept = clean(attributes)
    record = SpanRecord("a" * 32, "b" * 16, "x", 1, 2, attributes=kept)
    sent = Encoder({}, "1").traces([record]).SerializeToString()

    assert all(name.encode() in sent for name in kept)


def test_lists_mappings_and_nothing_are_left_out() -> None:
    assert clean({"a": [1], "b": {"c": 1}, "d": None, "e": b"x", "": "y", "\x00": "z"}) == {}


def test_numbers_that_do_not_fit_are_left_out() -> None:
    assert clean({"a": 1 << 63, "b": math.inf, "c": math.nan, "d": -(1 << 63)}) == {"d": -(1 << 63)}


def test_control_characters_go_and_line_ends_become_spaces() -> None:
    assert clean({"a\x00b": "one\ntwo\x1b"}) == {"ab": "one two"}


def test_the_kind_of_a_scalar_survives() -> None:
    record = SpanRecord(
        "a" * 32, "b" * 16, "x", 1, 2, attributes={"t": True, "i": 1, "f": 1.0, "s": Colour.RED}
    )
    (span,) = Encoder({}, "1").traces([record]).resource_spans[0].scope_spans[0].spans

    assert attributes_of(span.attributes) == {"t": True, "i": 1, "f": 1.0, "s": "red"}
    assert span.attributes[0].value == AnyValue(bool_value=True)
