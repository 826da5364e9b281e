"""Logs that join with traces and lineage: the ids on every line, and OTLP where it is wanted.

Nothing here touches the root logger, structlog's global configuration, or any logger that is not
named by the caller.
"""

import logging
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any, TextIO

import structlog

from floe.adapters.otlp import correlation
from floe.adapters.otlp.attributes import clean
from floe.adapters.otlp.span_record import LogRecord
from floe.domain.model.errors import TelemetryError

FLOE_LOGGER = "floe"
STORY_LOGGER = "floe.run"
"""What is said here is what spans say, too."""
_SEVERITIES = (
    (logging.CRITICAL, 21, "FATAL"),
    (logging.ERROR, 17, "ERROR"),
    (logging.WARNING, 13, "WARN"),
    (logging.INFO, 9, "INFO"),
    (logging.DEBUG, 5, "DEBUG"),
)
_TRACE_SEVERITY = (1, "TRACE")


def add_trace_ids(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Put the current ids on *event*; a structlog processor. What the caller gave stays."""
    for name, value in correlation.identifiers().items():
        event.setdefault(name, value)
    return event


class TraceIdFilter(logging.Filter):
    """Puts the current ids on every record that passes; for a handler of the standard library.

    Without a span the attributes are there and empty, so that a format may always name them.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep *record*, with ``trace_id``, ``span_id`` and ``openlineage_run_id``."""
        ids = correlation.identifiers()
        for name in ("trace_id", "span_id", "openlineage_run_id"):
            setattr(record, name, ids.get(name, ""))
        return True


class OtlpLogHandler(logging.Handler):
    """Hands every record to *add*, with the ids of the span it was said in.

    What spans say already is left out.
    """

    def __init__(self, add: Callable[[LogRecord], None], level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self._add = add
        self.addFilter(lambda record: record.name != STORY_LOGGER)

    def emit(self, record: logging.LogRecord) -> None:
        """Hand *record* over; what cannot be kept is left out, for logging must not fail."""
        with suppress(TelemetryError):
            self._add(to_otlp(record))


class JsonHandler(logging.StreamHandler[TextIO]):
    """Writes each record as a JSON line to *stream*, by default what is standard error by then."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream or sys.stderr)
        self.setFormatter(json_formatter())


def to_otlp(record: logging.LogRecord) -> LogRecord:
    """Return *record* as OTLP has it, with the ids of the current span."""
    severity, severity_text = _severity(record.levelno)
    position = correlation.current()
    attributes: dict[str, object] = {
        "logger.name": record.name,
        "code.file.path": record.pathname,
        "code.line.number": record.lineno,
        "code.function.name": record.funcName,
        "openlineage.run.id": position.run_id if position else None,
    }
    if record.exc_info and record.exc_info[0] is not None:
        attributes["exception.type"] = record.exc_info[0].__qualname__
        attributes["exception.message"] = str(record.exc_info[1])
    return LogRecord(
        time_ns=int(record.created * 1_000_000) * 1_000,
        body=record.getMessage(),
        severity=severity,
        severity_text=severity_text,
        trace_id=position.trace_id if position else None,
        span_id=position.span_id if position else None,
        attributes=clean(attributes),
    )


@contextmanager
def json_logs(
    level: str = "INFO",
    stream: TextIO | None = None,
    add: Callable[[LogRecord], None] | None = None,
    logger: str = FLOE_LOGGER,
) -> Iterator[None]:
    """Write what *logger* and its children say as JSON lines, with ids, to *stream*, for a while.

    The stream is standard error by default. With *add* every record also becomes an OTLP log
    record. Afterwards the logger is as it was. Inside of ``log_as_json`` nothing changes.
    """
    named = logging.getLogger(logger)
    if any(isinstance(handler, JsonHandler) for handler in named.handlers):
        yield
        return
    before = named.handlers[:], named.level, named.propagate
    handlers: list[logging.Handler] = [JsonHandler(stream)]
    if add is not None:
        handlers.append(OtlpLogHandler(add))
    named.handlers, named.propagate = handlers, False
    named.setLevel(level.upper())
    try:
        yield
    finally:
        named.handlers, named.propagate = before[0], before[2]
        named.setLevel(before[1])


def log_as_json(level: str = "INFO") -> None:
    """Write what floe says as JSON lines from here on: for a process that is floe's own."""
    named = logging.getLogger(FLOE_LOGGER)
    if not any(isinstance(handler, JsonHandler) for handler in named.handlers):
        named.addHandler(JsonHandler())
    named.propagate = False
    named.setLevel(level.upper())


@contextmanager
def otlp_logs(add: Callable[[LogRecord], None]) -> Iterator[None]:
    """Hand what floe says to *add* as well, for a while; where it is shown stays as it is."""
    named = logging.getLogger(FLOE_LOGGER)
    handlers: list[logging.Handler] = [OtlpLogHandler(add)]
    if not named.hasHandlers() and logging.lastResort is not None:
        handlers.append(logging.lastResort)  # who has a handler gets no last resort
    for handler in handlers:
        named.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            named.removeHandler(handler)


def json_formatter() -> logging.Formatter:
    """Return a formatter that makes one JSON object a line, ids included, of any record."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            add_trace_ids,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(),
        ],
    )


def _severity(level: int) -> tuple[int, str]:
    for least, number, text in _SEVERITIES:
        if level >= least:
            return number, text
    return _TRACE_SEVERITY
