"""Messages are filled as protobuf's reader of JSON fills them, on every type that dbt has."""

from collections.abc import Mapping
from typing import Any

import pytest
from dbt.adapters.events import adapter_types_pb2
from dbt.cli.main import dbtRunner
from dbt.events import core_types_pb2
from dbt_common.events import base_types, types_pb2
from dbt_common.events.types import Note
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.dbt import quick_messages

KINDS = [
    kind
    for module in (adapter_types_pb2, core_types_pb2, types_pb2)
    for kind in module.DESCRIPTOR.message_types_by_name.values()
]
_SCALARS: Mapping[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(allow_nan=False, allow_infinity=False),
    FieldDescriptor.CPPTYPE_FLOAT: st.floats(allow_nan=False, allow_infinity=False, width=32),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_STRING: st.text(max_size=5),
}
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
_WELL_KNOWN: Mapping[str, st.SearchStrategy[Any]] = {
    "google.protobuf.Timestamp": st.one_of(
        st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
        st.datetimes().map(lambda moment: f"{moment.isoformat()}+02:00"),
        st.sampled_from(["2026-11-28T00:44:17.123456789Z", "2026-11-28", "soon", ""]),
    ),
    "google.protobuf.Struct": st.dictionaries(st.text(max_size=3), _JSON, max_size=2),
    "google.protobuf.ListValue": st.lists(_JSON, max_size=2),
}


def of_kind(kind: Descriptor) -> st.SearchStrategy[Any]:
    """Return what may be given for a message of *kind*."""
    if kind.full_name in _WELL_KNOWN:
        return _WELL_KNOWN[kind.full_name]
    return st.fixed_dictionaries({}, optional={one.name: of_field(one) for one in kind.fields})


def of_field(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Return what may be given for *field*: values that fit, nothing, and a text of no number."""
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        values = of_field(kind.fields_by_name["value"])
        return st.dictionaries(st.text(max_size=3), values, max_size=2)
    one = of_kind(kind) if kind is not None else _SCALARS.get(field.cpp_type, st.just(0))
    several = st.lists(one, max_size=2) if field.is_repeated else one
    return several | st.none() | st.just("no number")


def outcome(fill: Any, values: Mapping[str, Any], kind: Descriptor) -> tuple[str, object]:
    """Return the message or the error."""
    try:
        return "message", fill(values, GetMessageClass(kind)())
    except json_format.ParseError as error:
        return "error", str(error)


@given(st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), of_kind(kind))))
def test_every_message_of_dbt_is_what_the_reader_of_json_makes_of_it(
    drawn: tuple[Descriptor, dict[str, Any]],
) -> None:
    kind, values = drawn
    assert outcome(quick_messages.filled, values, kind) == outcome(
        json_format.ParseDict, values, kind
    )


@pytest.fixture
def undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have dbt's own reader back after the test."""
    monkeypatch.setattr(base_types, "ParseDict", json_format.ParseDict)


@pytest.mark.usefixtures("undone")
def test_dbt_fills_its_events_and_their_envelopes_by_the_name_that_is_replaced() -> None:
    seen: list[type[Message]] = []

    def noting(values: dict[str, Any], empty: Message) -> Message:
        seen.append(type(empty))
        return quick_messages.filled(values, empty)

    quick_messages.install()
    assert base_types.ParseDict is quick_messages.filled
    base_types.ParseDict = noting
    base_types.msg_from_base_event(Note(msg="hello"))
    assert [kind.DESCRIPTOR.name for kind in seen] == ["Note", "NoteMsg"]


@pytest.mark.usefixtures("undone")
def test_a_dbt_that_has_no_such_name_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(base_types, "ParseDict")
    quick_messages.install()
    assert not hasattr(base_types, "ParseDict")
    monkeypatch.undo()


@pytest.mark.usefixtures("undone")
def test_dbt_needs_the_reader_of_json_for_none_of_its_own_events(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow: list[str] = []
    heard: list[str] = []

    def noting(values: Any, empty: Message) -> Message:
        slow.append(empty.DESCRIPTOR.name)
        return json_format.ParseDict(values, empty)

    quick_messages.install()
    monkeypatch.setattr(quick_messages, "ParseDict", noting)
    runner = dbtRunner(callbacks=[lambda message: heard.append(message.info.name)])
    runner.invoke(["--log-level", "none", "debug", "--config-dir"])
    assert heard
    assert slow == []
