"""Telemetry as text: one export request a line, in OTLP's JSON encoding."""

import base64
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from google.protobuf.json_format import MessageToDict

from floe.adapters.otlp.sink import Dropped, Payload
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.errors import Problem, TelemetryError

_IDS = frozenset({"traceId", "spanId", "parentSpanId"})


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
    """Return *payload* in OTLP's JSON encoding: ids in hexadecimal, enumerations as numbers."""
    document = MessageToDict(payload.message, use_integers_for_enums=True)
    return json.dumps(_with_hexadecimal_ids(document), separators=(",", ":"), ensure_ascii=False)


def _with_hexadecimal_ids(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: base64.b64decode(item).hex() if name in _IDS else _with_hexadecimal_ids(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_with_hexadecimal_ids(item) for item in value]
    return value
