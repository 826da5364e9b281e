"""Payloads by HTTP POST: one attempt, one verdict, in bounded time."""

import gzip
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import urllib3

from floe.adapters.delivery.connections import Connections
from floe.adapters.delivery.credentials import Credentials
from floe.adapters.delivery.verdicts import verdict_on
from floe.domain.model.delivery import Envelope, Outcome, Verdict
from floe.domain.model.errors import ConfigurationError, EnvironmentNotReadyError, Problem
from floe.domain.model.value import utc_now

_CONNECT_S = 2.0
_LONGEST_ANSWER = 64 * 1024
_GZIP_FROM = 1024


class Answer(NamedTuple):
    """What a destination said: the verdict on the payload, and the beginning of its own words."""

    verdict: Verdict
    text: str = ""


class HttpDeliverer:
    """POSTs each envelope to *url*, with its own content type.

    *credentials* is asked before every request for headers of its own. *timeout_s* bounds a
    request as a whole, however slowly the answer drips; of it, a connection gets two seconds.
    *ca_bundle* is a PEM file in the place of the system's, *client_identity* a certificate and its
    key where that is a file of its own. Nothing but these settings is read:
    no ``.netrc``, and a proxy only where *proxy* names it. Redirects are not followed. One
    thread delivers at a time.

    Raises:
        ConfigurationError: *url* holds a user or password, is neither http nor https, or would
            send credentials in the clear to another machine without *insecure*; or *ca_bundle*
            cannot be read.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        credentials: Credentials | None = None,
        timeout_s: float = 5.0,
        compress: bool = False,
        ca_bundle: Path | None = None,
        client_identity: tuple[Path, Path | None] | None = None,
        proxy: str | None = None,
        insecure: bool = False,
    ) -> None:
        _check(url, in_clear=credentials is None or insecure)
        self._url = url
        self._headers = dict(headers or {})
        self._credentials = credentials
        self._timeout_s = timeout_s
        self._compress = compress
        secure = url.lower().startswith("https:") or ca_bundle is not None
        tls = _tls(ca_bundle, client_identity) if secure else None
        self._connections = Connections(tls, proxy)

    @property
    def url(self) -> str:
        """Where envelopes go."""
        return self._url

    def deliver(self, envelope: Envelope) -> Verdict:
        """POST the body of *envelope* and judge the answer."""
        return self.ask(envelope, self._url).verdict

    def ask(self, envelope: Envelope, url: str) -> Answer:
        """POST the body of *envelope* to *url*, another address of the same destination."""
        try:
            headers = self._headers_of(envelope)
        except EnvironmentNotReadyError as error:
            return Answer(Verdict(outcome=Outcome.PAUSE, reason=str(error)))
        except Exception as error:  # noqa: BLE001 - a token provider may raise anything
            reason = f"no token could be had ({type(error).__name__})"
            return Answer(Verdict(outcome=Outcome.RETRY, reason=reason))
        try:
            return self._post(url, *self._compressed(envelope.body, headers))
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return Answer(_failure(error, url))

    def close(self) -> None:
        """Close the connections; a later delivery opens new ones."""
        self._connections.close()

    def _headers_of(self, envelope: Envelope) -> dict[str, str]:
        named = {
            "User-Agent": "floe",
            **self._headers,
            "Content-Type": envelope.content_type,
            "Idempotency-Key": envelope.envelope_id,
        }
        return named | dict(self._credentials() if self._credentials else {})

    def _compressed(self, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        if not self._compress or len(body) < _GZIP_FROM:
            return body, headers
        return gzip.compress(body, compresslevel=5, mtime=0), headers | {"Content-Encoding": "gzip"}

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        limit = urllib3.Timeout(connect=min(_CONNECT_S, self._timeout_s), total=self._timeout_s)
        with self._connections.within(self._timeout_s) as pool:
            answer = pool.request(
                "POST",
                url,
                body=body,
                headers=headers,
                timeout=limit,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
            text = answer.read(_LONGEST_ANSWER).decode(errors="replace")
            if answer.length_remaining == 0:
                answer.release_conn()
            else:
                answer.close()
        named = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(verdict_on(answer.status, named, text, url, utc_now()), text)


def _check(url: str, *, in_clear: bool) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError(Problem("the address of a backend is not a URL")) from None
    if parts.scheme not in {"http", "https"} or not host:
        fix = "write it in full: https://host/path"
        raise ConfigurationError(Problem("a backend needs an http or https address", host, fix))
    if parts.username is not None or parts.password is not None:
        fix = "remove them, and name a variable with the token instead"
        where = f"{parts.scheme}://***@{host}"
        raise ConfigurationError(Problem("credentials in an address end up in logs", where, fix))
    if parts.scheme == "http" and not in_clear and not _is_loopback(host):
        fix = "use https"
        raise ConfigurationError(Problem("a token would travel in the clear", host, fix))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tls(
    ca_bundle: Path | None, client_identity: tuple[Path, Path | None] | None
) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_bundle)
    except (OSError, ssl.SSLError):
        problem = Problem("the CA bundle cannot be read", str(ca_bundle), "it must be a PEM file")
        raise ConfigurationError(problem) from None
    if client_identity is not None:
        try:
            context.load_cert_chain(*client_identity)
        except (OSError, ssl.SSLError):
            where, fix = str(client_identity[0]), "give PEM files that belong together"
            raise ConfigurationError(
                Problem("the client certificate cannot be used", where, fix)
            ) from None
    return context


def _failure(error: Exception, url: str) -> Verdict:
    """Return the verdict on a request without an answer, in words without secrets."""
    host = urlsplit(url).hostname
    cause = _root(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason = f"the certificate of {host} is not trusted: {cause.verify_message}"
        return Verdict(outcome=Outcome.PAUSE, reason=reason)
    if isinstance(error, urllib3.exceptions.LocationValueError):
        return Verdict(outcome=Outcome.PAUSE, reason=f"the address of {host} cannot be used")
    what = getattr(cause, "strerror", None) or type(cause).__name__
    return Verdict(outcome=Outcome.RETRY, reason=f"{host} cannot be reached: {what}")


def _root(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__ or getattr(error, "reason", None)) and (
        isinstance(cause, BaseException)
    ):
        error = cause
    return error
