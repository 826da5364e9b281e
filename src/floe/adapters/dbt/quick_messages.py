"""dbt's messages, filled by protobuf itself instead of by its reader of JSON.

dbt makes a message of each event, also of those that nobody asked for, and fills it with
``json_format.ParseDict``, which is Python for every field: a sixth of the CPU of a run of 200
models. Protobuf's own constructor takes the same values in one call. The types that JSON writes in
a way of its own (times, free objects) are turned first, and what the constructor does not take
goes to ``ParseDict``, which says what is wrong with it.

dbt's reference to ``ParseDict`` (``dbt_common.events.base_types``) is private. Where it has moved,
dbt works as before.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, TypeAlias, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

_Turn: TypeAlias = Callable[[Any], Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TO_THE_MICROSECOND = len("2000-01-01T00:00:00.000000Z")


def install() -> None:
    """Have dbt fill its messages with :func:`filled`, in this process, from now on."""
    from dbt_common.events import base_types

    if getattr(base_types, "ParseDict", None) is ParseDict:
        base_types.ParseDict = filled


def filled(values: dict[str, Any], empty: Message) -> Message:
    """Return a message of the type of *empty* with *values*, as ``ParseDict`` makes it.

    Raises:
        google.protobuf.json_format.ParseError: The values do not fit the message.
    """
    try:
        return type(empty)(**_turned(cast(Descriptor, empty.DESCRIPTOR), values))
    except (TypeError, ValueError, AttributeError, ParseError):
        return ParseDict(values, empty)


def _turned(kind: Descriptor, values: Mapping[str, Any]) -> Mapping[str, Any]:
    turns = _turns(kind)
    if turns.keys().isdisjoint(values):
        return values
    return {
        name: turns[name](value) if value is not None and name in turns else value
        for name, value in values.items()
    }


@cache
def _turns(kind: Descriptor) -> Mapping[str, _Turn]:
    """Return how to turn the values of those fields of *kind* that need it."""
    return {field.name: turn for field in kind.fields if (turn := _turn(field)) is not None}


def _turn(field: FieldDescriptor) -> _Turn | None:
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        return None
    turn = None if kind is None else _turn_of_one(kind)
    return partial(_each, turn) if field.is_repeated else turn


def _turn_of_one(kind: Descriptor) -> _Turn | None:
    if kind.full_name == Timestamp.DESCRIPTOR.full_name:
        return _timestamp
    if kind.file.package == Timestamp.DESCRIPTOR.file.package:
        return partial(_as_json, GetMessageClass(kind))
    return partial(_turned, kind) if _turns(kind) else None


def _each(turn: _Turn | None, values: object) -> list[Any]:
    if not isinstance(values, list):
        raise TypeError("the reader of JSON takes nothing but lists here")
    return values if turn is None else [turn(value) for value in values]


def _as_json(kind: type[Message], value: Any) -> Message:  # noqa: ANN401 - any JSON
    return kind() if value in ({}, []) else ParseDict(value, kind())


def _timestamp(text: str) -> Timestamp:
    """Return the time that *text* says, down to the microsecond."""
    stamp = Timestamp()
    if len(text) > _TO_THE_MICROSECOND or not text.endswith("Z"):
        stamp.FromJsonString(text)
        return stamp
    since = datetime.fromisoformat(text) - _EPOCH
    stamp.seconds = since.days * 86400 + since.seconds
    stamp.nanos = since.microseconds * 1000
    return stamp
