"""OTLP over gRPC (OTLP 1.x): in the clear for ``http``, with TLS for ``https``."""

import os
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from floe.adapters.otlp.direct_sink import Answer, Reply
from floe.adapters.otlp.grpc_log import quiet_grpc
from floe.adapters.otlp.sink import Payload, Signal
from floe.adapters.otlp.tls import Tls

with quiet_grpc():
    import grpc
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

_STUBS: Mapping[Signal, Any] = {
    Signal.TRACES: TraceServiceStub,
    Signal.METRICS: MetricsServiceStub,
    Signal.LOGS: LogsServiceStub,
}
_LATER = frozenset(
    {
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DATA_LOSS,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.UNAVAILABLE,
    }
)
"""Statuses after which a client may try again (OTLP 1.x, failures over gRPC)."""
_NO_TLS = Tls()
_PORT = 4317


class GrpcTransport:
    """Calls the three export services at *endpoint*, ``http://host:port`` or ``https://…``.

    *headers* go along as metadata. A channel belongs to the process that made it: a forked child
    makes its own. Create the transport where it is used when the parent has called already.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        headers: Mapping[str, str] | None = None,
        compress: bool = False,
        tls: Tls = _NO_TLS,
    ) -> None:
        parts = urlsplit(endpoint)
        self._address = f"{parts.hostname}:{parts.port or _PORT}"
        self._is_secure = parts.scheme == "https"
        self._metadata = tuple((name.lower(), value) for name, value in (headers or {}).items())
        self._compression = grpc.Compression.Gzip if compress else None
        self._credentials = tls.contents() if self._is_secure else None
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._channel: grpc.Channel | None = None

    def send(self, payload: Payload, timeout_s: float) -> Reply:
        """Call the service of the payload's signal."""
        stub = _STUBS[payload.signal](self._open())
        try:
            stub.Export(
                payload.message,
                timeout=timeout_s,
                metadata=self._metadata,
                compression=self._compression,
            )
        except grpc.RpcError as error:
            return _reply(error)
        except ValueError:
            return Reply(Answer.LATER, "the connection was closed")
        return Reply(Answer.TAKEN)

    def close(self) -> None:
        """Break off the calls under way."""
        with self._lock:
            if self._channel is not None and self._pid == os.getpid():
                self._channel.close()

    def _open(self) -> grpc.Channel:
        with self._lock:
            if self._channel is None or self._pid != os.getpid():
                self._pid = os.getpid()
                self._channel = self._connect()
            return self._channel

    def _connect(self) -> grpc.Channel:
        if self._credentials is None:
            return grpc.insecure_channel(self._address)
        credentials = grpc.ssl_channel_credentials(*self._credentials)
        return grpc.secure_channel(self._address, credentials)


def _reply(error: grpc.RpcError) -> Reply:
    code = error.code() if isinstance(error, grpc.Call) else grpc.StatusCode.UNKNOWN
    details = error.details() if isinstance(error, grpc.Call) else None
    answer = Answer.LATER if code in _LATER else Answer.REFUSED
    return Reply(answer, f"{code.name}: {details or ''}".rstrip(": "))
