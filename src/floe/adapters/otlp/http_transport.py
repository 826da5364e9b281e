"""OTLP over HTTP with binary protobuf, for one who has no outbox to send from."""

import gzip
import http.client
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from floe.adapters.otlp.direct_sink import Answer, Reply
from floe.adapters.otlp.sink import Payload
from floe.adapters.otlp.tls import Tls

_LATER = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Statuses after which a client may try again (OTLP 1.x, failures over HTTP)."""
_NO_TLS = Tls()


class HttpTransport:
    """Posts to ``{endpoint}/v1/{signal}``; a connection for each payload, redirects refused."""

    def __init__(
        self,
        endpoint: str,
        *,
        headers: Mapping[str, str] | None = None,
        compress: bool = False,
        tls: Tls = _NO_TLS,
    ) -> None:
        self._parts = urlsplit(endpoint)
        self._headers = dict(headers or {})
        self._compress = compress
        self._tls = tls.context() if self._parts.scheme == "https" else None

    def send(self, payload: Payload, timeout_s: float) -> Reply:
        """Post *payload*."""
        connection = self._connection(timeout_s)
        path = f"{self._parts.path.rstrip('/')}/v1/{payload.signal}"
        body = payload.message.SerializeToString()
        headers = {**self._headers, "Content-Type": "application/x-protobuf"}
        if self._compress:
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            response.read()
        except ssl.SSLCertVerificationError as error:
            return Reply(Answer.REFUSED, f"TLS: {error.verify_message}")
        except (OSError, http.client.HTTPException) as error:
            return Reply(Answer.LATER, str(error) or type(error).__name__)
        finally:
            connection.close()
        return _reply(response.status)

    def close(self) -> None:
        """Do nothing: no connection outlives its payload."""

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._tls is None:
            return http.client.HTTPConnection(host, port, timeout=timeout_s)
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=self._tls)


def _reply(status: int) -> Reply:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Reply(Answer.TAKEN)
    return Reply(Answer.LATER if status in _LATER else Answer.REFUSED, f"HTTP status {status}")
