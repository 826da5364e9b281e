"""Telemetry as text: one export request a line, in OTLP's JSON encoding."""

import base64
import json
import math
import os
import sys
import threading
from collections.abc import Callable, Mapping, MutableSequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from google.protobuf.descriptor import FieldDescriptor

from floe.adapters.otlp.sink import Dropped, Payload
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.errors import Problem, TelemetryError

if TYPE_CHECKING:
    from google.protobuf.message import Message

_IDS = frozenset({"traceId", "spanId", "parentSpanId"})
_FIELDS = 256
"""More than all messages of OTLP have together."""


class LineSink:
    """Writes each payload as one line by *write* (OTLP File Exporter specification)."""

    def __init__(self, destination: str, write: Callable[[str], None]) -> None:
        self._destination = destination
        self._write = write
        self._lock = threading.Lock()
        self._delivered = 0

    def export(self, payload: Payload) -> None:
        """Write *payload*.

        Raises:
            TelemetryError: It could not be written.
        """
        line = otlp_json(payload) + "\n"
        with self._lock:
            try:
                self._write(line)
            except OSError as error:
                what = f"telemetry could not be written: {error.strerror or error}"
                raise TelemetryError(Problem(what, self._destination)) from error
            self._delivered += 1

    def dropped(self) -> tuple[Dropped, ...]:
        """Return nothing: a line is written or refused."""
        return ()

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:  # noqa: ARG002 - the sinks'
        """Return the account."""
        return (DeliveryReport(destination=self._destination, delivered=self._delivered),)


def file_sink(path: Path) -> LineSink:
    """Return a sink that appends to *path*, which is made, parents too, with the first line.

    Each line is one write to a file opened for appending, so that processes can share it.
    """

    def write(line: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with open(descriptor, "ab", buffering=0) as file:  # noqa: PTH123 - of a descriptor
            file.write(line.encode())

    return LineSink(str(path), write)


def console_sink(stream: TextIO | None = None) -> LineSink:
    """Return a sink that prints to *stream*, by default to what is standard error by then."""

    def write(line: str) -> None:
        target = stream or sys.stderr
        target.write(line)
        target.flush()

    return LineSink("console", write)


def otlp_json(payload: Payload) -> str:
    """Return *payload* in OTLP's JSON encoding: ids in hexadecimal, enumerations as numbers.

    Field by field as protobuf's own ``MessageToDict`` has it, in less than half the time.
    """
    return json.dumps(_document(payload.message), separators=(",", ":"), ensure_ascii=False)


def _document(message: "Message") -> dict[str, object]:
    found: dict[str, object] = {}
    for field, value in message.ListFields():
        name, plain, is_repeated = _form(field, type(value))  # type: ignore[arg-type]
        found[name] = [plain(item) for item in value] if is_repeated else plain(value)
    return found


@lru_cache(_FIELDS)
def _form(field: FieldDescriptor, kind: type) -> tuple[str, Callable[[Any], object], bool]:
    """Return the name of *field* in JSON, what writes a value of it, and whether *kind* is many."""
    name, is_repeated = str(field.json_name), issubclass(kind, MutableSequence)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return name, bytes.hex if name in _IDS else _in_base64, is_repeated
    if field.message_type is not None:
        return name, _document, is_repeated
    return name, _WRITTEN.get(field.type, _as_it_is), is_repeated


def _as_it_is(value: object) -> object:
    return value


def _in_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"


_WRITTEN: Mapping[int, Callable[[Any], object]] = {
    FieldDescriptor.TYPE_DOUBLE: _number,
    FieldDescriptor.TYPE_INT64: str,
    FieldDescriptor.TYPE_SINT64: str,
    FieldDescriptor.TYPE_UINT64: str,
    FieldDescriptor.TYPE_FIXED64: str,
    FieldDescriptor.TYPE_SFIXED64: str,
}
"""Type → what writes it: JavaScript does not hold a number of 64 bits, which becomes a text."""
