"""An OTLP backend small enough for a test: HTTP with binary protobuf, and gRPC, on loopback."""

import gzip
import ssl
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

MESSAGES: Mapping[str, tuple[Any, Any]] = {
    "traces": (
        trace_service_pb2.ExportTraceServiceRequest,
        trace_service_pb2.ExportTraceServiceResponse,
    ),
    "metrics": (
        metrics_service_pb2.ExportMetricsServiceRequest,
        metrics_service_pb2.ExportMetricsServiceResponse,
    ),
    "logs": (
        logs_service_pb2.ExportLogsServiceRequest,
        logs_service_pb2.ExportLogsServiceResponse,
    ),
}
"""Signal, as in the path ``/v1/{signal}`` → its request and its response."""
_REGISTER: Mapping[str, Callable[[Any, Any], None]] = {
    "traces": trace_service_pb2_grpc.add_TraceServiceServicer_to_server,
    "metrics": metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server,
    "logs": logs_service_pb2_grpc.add_LogsServiceServicer_to_server,
}
_UNPACK: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
}
_STATUS = {404: grpc.StatusCode.UNIMPLEMENTED, 503: grpc.StatusCode.UNAVAILABLE}
_PROTOBUF = "application/x-protobuf"


def attributes_of(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    """Return *pairs* as name → scalar."""
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value")
        for pair in pairs
    }


@dataclass
class Received:
    """Everything that arrived, in order: export requests by signal, and the headers they had."""

    requests: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in MESSAGES})
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        """All spans."""
        return [
            span
            for request in self.requests["traces"]
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def metrics(self) -> list[Metric]:
        """All metrics, once for each request they were in."""
        return [
            metric
            for request in self.requests["metrics"]
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]

    @property
    def log_records(self) -> list[LogRecord]:
        """All log records."""
        return [
            record
            for request in self.requests["logs"]
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]

    def span(self, name: str) -> Span:
        """Return the one span that is called *name*."""
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def accept(self, signal: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """Take a request in binary protobuf and return the response."""
        request, response = MESSAGES[signal]
        self.requests[signal].append(request.FromString(body))
        self.headers.append(dict(headers))
        answer: bytes = response().SerializeToString()
        return answer


class OtlpReceiver:
    """Listens on free ports of 127.0.0.1 while its block lasts; *received* is what came.

    Every request is answered with *status*, an HTTP status (over gRPC what comes next to it), and
    *delay_s* seconds late; only 200 takes anything in. With *tls*, a server's context, HTTP is
    HTTPS. *certificate* (key and chain, PEM) does it for gRPC, where *client_ca* (PEM) asks the
    client for a certificate of that authority.
    """

    def __init__(
        self,
        *,
        status: int = 200,
        delay_s: float = 0,
        tls: ssl.SSLContext | None = None,
        certificate: tuple[bytes, bytes] | None = None,
        client_ca: bytes | None = None,
    ) -> None:
        self.received = Received()
        self.status = status
        self._delay_s = delay_s
        self._closed = threading.Event()
        self._scheme = "https" if tls else "http"
        self._grpc_scheme = "https" if certificate else "http"
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._grpc = grpc.server(ThreadPoolExecutor(4))
        self._serve_grpc()
        if certificate is None:
            self.grpc_port = self._grpc.add_insecure_port("127.0.0.1:0")
        else:
            credentials = grpc.ssl_server_credentials(
                [certificate], client_ca, require_client_auth=client_ca is not None
            )
            self.grpc_port = self._grpc.add_secure_port("127.0.0.1:0", credentials)

    @property
    def http_endpoint(self) -> str:
        """The base address of HTTP."""
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}"

    @property
    def grpc_endpoint(self) -> str:
        """The address of gRPC."""
        return f"{self._grpc_scheme}://127.0.0.1:{self.grpc_port}"

    def __enter__(self) -> Self:
        """Start to listen."""
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        self._grpc.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, and free the ports."""
        self._closed.set()
        self._http.shutdown()
        self._http.server_close()
        self._grpc.stop(None).wait()

    def _serve_grpc(self) -> None:
        for signal, register in _REGISTER.items():
            register(self._servicer(signal), self._grpc)

    def _servicer(self, signal: str) -> Any:  # noqa: ANN401 - grpc has no types
        receiver = self

        class Servicer:
            def Export(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 - grpc's
                receiver._closed.wait(receiver._delay_s)
                if receiver.status != 200:
                    context.abort(_STATUS[receiver.status], f"like HTTP status {receiver.status}")
                headers = {item.key: item.value for item in context.invocation_metadata()}
                receiver.received.requests[signal].append(request)
                receiver.received.headers.append(headers)
                return MESSAGES[signal][1]()

        return Servicer()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                receiver._closed.wait(receiver._delay_s)
                status, body = receiver._take(self.path, raw, self.headers)
                self.send_response(status)
                self.send_header("content-type", _PROTOBUF)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        return Handler

    def _take(self, path: str, raw: bytes, headers: Any) -> tuple[int, bytes]:  # noqa: ANN401
        signal = path.removeprefix("/v1/")
        if signal not in MESSAGES:
            return 404, b""
        if headers["content-type"] != _PROTOBUF:
            return 415, b""
        if self.status != 200:
            return self.status, b""
        unpack = _UNPACK.get(headers.get("content-encoding", ""), bytes)
        return 200, self.received.accept(
            signal, unpack(raw), {k.lower(): v for k, v in headers.items()}
        )
