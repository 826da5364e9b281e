"""Spans around code of one's own, in the words of the design documents."""

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from floe.adapters.otlp import correlation
from floe.adapters.otlp.attributes import clean
from floe.adapters.otlp.span_record import SpanRecord
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.errors import EnvironmentNotReadyError, TelemetryError
from floe.domain.model.tracing import AttributeValue, TraceParent, TracingConfig

if TYPE_CHECKING:
    from floe.adapters.otlp.exporter import Exporter

_LOG = logging.getLogger("floe.telemetry")
_GRPC_PORT = 4317
_OFF = TracingConfig()


class Span(Protocol):
    """What ``start_span`` gives: a span that ends with its block."""

    def set_attribute(self, name: str, value: object) -> None:
        """Say *value* of the span; what is not a text, number or truth value is left out."""

    def record_exception(self, error: BaseException) -> None:
        """Say that *error* made the work fail."""


class NoOpSpan:
    """A span that nobody will see."""

    __slots__ = ()

    def set_attribute(self, name: str, value: object) -> None:
        """Do nothing."""

    def record_exception(self, error: BaseException) -> None:
        """Do nothing."""


class LiveSpan:
    """A span that has begun; ids are lower-case hexadecimal."""

    def __init__(self, name: str, parent: correlation.Position | TraceParent | None) -> None:
        self.name = name
        self.trace_id = parent.trace_id if parent else token_hex(16)
        self.span_id = token_hex(8)
        self._parent = parent
        self._start_ns = time.time_ns()
        self._attributes: dict[str, AttributeValue] = {}
        self._error: BaseException | None = None

    def set_attribute(self, name: str, value: object) -> None:
        """Say *value* of the span; what is not a text, number or truth value is left out."""
        self._attributes |= clean({name: value})

    def record_exception(self, error: BaseException) -> None:
        """Say that *error* made the work fail: status ERROR, with its type and text."""
        self._error = error
        self._attributes["error.type"] = type(error).__qualname__

    def ended(self, shared: Mapping[str, AttributeValue]) -> SpanRecord:
        """Return the span as it is, ending now."""
        return SpanRecord(
            trace_id=self.trace_id,
            span_id=self.span_id,
            parent_span_id=self._parent.span_id if self._parent else None,
            parent_is_remote=isinstance(self._parent, TraceParent),
            name=self.name,
            start_ns=self._start_ns,
            end_ns=max(self._start_ns, time.time_ns()),
            shared=shared,
            attributes=self._attributes,
            error=None if self._error is None else str(self._error),
        )


_NO_SPAN = NoOpSpan()


class TracingManager:
    """Starts spans when there is an endpoint to send them to, and does nothing otherwise.

    Spans nest, and begin under the current span where there is one: floe's, or the host's. No
    global provider is set. Without an *exporter* the endpoint decides on a best-effort one of its
    own: ``OTEL_EXPORTER_OTLP_PROTOCOL``, else gRPC for port 4317 and HTTP for the others.
    """

    def __init__(self, config: TracingConfig = _OFF, exporter: "Exporter | None" = None) -> None:
        self._config = config
        self._exporter = exporter
        self._is_own = exporter is None
        self._is_unable = False
        self._shared = clean(config.attributes)

    @property
    def enabled(self) -> bool:
        """Whether spans are made."""
        return self._config.enabled

    def configure(self, endpoint: str | None) -> None:
        """Send spans to *endpoint* from now on; None or an empty text switches tracing off.

        Raises:
            pydantic.ValidationError: *endpoint* is not an http or https URL.
        """
        fields = self._config.model_dump() | {"endpoint": endpoint or None}
        config = TracingConfig.model_validate(fields)
        if config.endpoint != self._config.endpoint and self._is_own:
            self.close(1.0)
            self._exporter, self._is_unable = None, False
        self._config = config

    @contextmanager
    def start_span(
        self, name: str, attributes: Mapping[str, object] | None = None
    ) -> Iterator[Span]:
        """Give a span around the block; an exception goes on its way, and is told by the span."""
        if not self._config.enabled:
            yield _NO_SPAN
            return
        span = LiveSpan(name, correlation.current())
        for key, value in (attributes or {}).items():
            span.set_attribute(key, value)
        try:
            with correlation.at(correlation.Position(span.trace_id, span.span_id)):
                yield span
        except BaseException as error:
            span.record_exception(error)
            raise
        finally:
            self._export(span)

    def close(self, timeout_s: float = 5.0) -> tuple[DeliveryReport, ...]:
        """Deliver what can be delivered within *timeout_s* seconds and return the account."""
        return () if self._exporter is None else self._exporter.close(timeout_s)

    def _export(self, span: LiveSpan) -> None:
        """Hand *span* over; whatever goes wrong, tracing does not break what it traces."""
        if self._exporter is None and not self._is_unable:
            try:
                self._exporter = _own_exporter(self._config)
            except (ImportError, EnvironmentNotReadyError) as error:
                self._is_unable = True
                _LOG.warning("tracing is off: %s", error)
        if self._exporter is not None:
            with suppress(TelemetryError):
                self._exporter.add(span.ended(self._shared))


def _own_exporter(config: TracingConfig) -> "Exporter":
    from floe.adapters.otlp.direct_sink import DirectSink, Transport, Way
    from floe.adapters.otlp.exporter import Exporter
    from floe.adapters.otlp.resource import resource
    from floe.adapters.otlp.sink import Signal

    endpoint = config.endpoint or ""
    transport: Transport
    if _speaks_grpc(endpoint, os.environ):
        from floe.adapters.otlp.grpc_transport import GrpcTransport

        transport = GrpcTransport(endpoint)
    else:
        from floe.adapters.otlp.http_transport import HttpTransport

        transport = HttpTransport(endpoint)
    return Exporter(
        DirectSink({Signal.TRACES: Way(transport)}),
        resource=resource(config.service_name, attributes=config.attributes),
        delay_s=1.0 if config.batch_export else 0.0,
    )


def _speaks_grpc(endpoint: str, environ: Mapping[str, str]) -> bool:
    said = environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "").strip()
    return said == "grpc" if said else urlsplit(endpoint).port == _GRPC_PORT
