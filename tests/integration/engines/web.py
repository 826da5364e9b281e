"""Web services on the loopback, and hosts of the internet that answer there.

The vendors' libraries name hosts that no test may ask: the token service of Google, a login page
of Microsoft. Here a proxy answers in their place. The libraries find it by ``HTTPS_PROXY`` and
trust its certificates by the variables that name an authority: not a line of them is changed.
"""

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tests.integration.engines.certificates import Authority, Pair
from tests.integration.engines.process import LOOPBACK

JSON = "application/json"


class Request(NamedTuple):
    """What a client asks; *url* is whole, with its host."""

    method: str
    url: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))

    @property
    def bearer(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    @property
    def basic(self) -> tuple[str, str] | None:
        """Return the name and the password that are sent, if any."""
        kind, _, code = self.headers.get("Authorization", "").partition(" ")
        if kind != "Basic":
            return None
        name, _, password = base64.b64decode(code).decode().partition(":")
        return name, password


class Answer(NamedTuple):
    """What a service says."""

    status: int = 200
    body: bytes = b""
    kind: str = JSON
    headers: Mapping[str, str] = {}


Service = Callable[[Request], Answer]


def told(status: int = 200, **members: Any) -> Answer:
    """Return an answer in JSON."""
    return Answer(status, json.dumps(members).encode())


def redirect(address: str) -> Answer:
    """Return an answer that sends a browser elsewhere."""
    return Answer(302, headers={"Location": address})


class Internet:
    """Hosts that answer in the place of the vendors' own, by their names."""

    def __init__(self, folder: Path, services: Mapping[str, Service]) -> None:
        self._authority = Authority(folder, "authority")
        self._services = services
        self.contexts = {host: _context(self._authority.host(host)) for host in services}
        self.port = 0
        self.asked: list[str] = []
        """Every address that was asked for, in order."""

    def loopback(self) -> ssl.SSLContext:
        """Return what a server of another protocol on the loopback shows who trusts these hosts."""
        return _context(self._authority.server("loopback"))

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables by which a program finds these hosts, and no others."""
        proxy = f"http://{LOOPBACK}:{self.port}"
        return {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "HTTP_PROXY": proxy,
            "http_proxy": proxy,
            "NO_PROXY": f"{LOOPBACK},localhost",
            "no_proxy": f"{LOOPBACK},localhost",
            "REQUESTS_CA_BUNDLE": str(self._authority.certificate),
            "SSL_CERT_FILE": str(self._authority.certificate),
            "AWS_CA_BUNDLE": str(self._authority.certificate),
        }

    def answer(self, request: Request) -> Answer:
        """Let the host that *request* names answer; there is no other."""
        self.asked.append(request.url)
        service = self._services.get(urlsplit(request.url).hostname or "")
        return told(502, error="no such host here") if service is None else service(request)


class _Handler(BaseHTTPRequestHandler):
    """Answer requests to *origin* with *service*."""

    protocol_version = "HTTP/1.1"
    origin: str
    service: Service

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def log_message(self, *_words: object) -> None:
        pass

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole = self.path if "://" in self.path else self.origin + self.path
        answer = type(self).service(Request(self.command, whole, self.headers, body))
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, text in answer.headers.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


def _handler(origin: str, service: Service) -> type[_Handler]:
    return type("Handler", (_Handler,), {"origin": origin, "service": staticmethod(service)})


def _proxy(internet: Internet) -> type[_Handler]:
    class Proxy(_Handler):
        origin = ""
        service = staticmethod(internet.answer)

        def do_CONNECT(self) -> None:
            host, _, port = self.path.rpartition(":")
            self.close_connection = True
            if host not in internet.contexts:
                internet.asked.append(f"https://{host}")
                self.send_error(502)
                return
            self.send_response(200)
            self.end_headers()
            origin = f"https://{host}" + ("" if port == "443" else f":{port}")
            with internet.contexts[host].wrap_socket(self.connection, server_side=True) as secure:
                _handler(origin, internet.answer)(secure, self.client_address, self.server)

    return Proxy


@contextmanager
def serving(service: Service) -> Iterator[int]:
    """Have *service* answer by plain HTTP on the loopback; give the port."""
    with _listening(_handler(f"http://{LOOPBACK}", service)) as port:
        yield port


@contextmanager
def internet(folder: Path, services: Mapping[str, Service]) -> Iterator[Internet]:
    """Have the hosts of *services* answer, as far as a program asks by the proxy."""
    made = Internet(folder, services)
    with _listening(_proxy(made)) as made.port:
        yield made


@contextmanager
def _listening(handler: type[_Handler]) -> Iterator[int]:
    server = _Quiet((LOOPBACK, 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Quiet(ThreadingHTTPServer):
    """A server that does not print that a client hung up, which a refused one does."""

    daemon_threads = True

    def handle_error(self, *_words: object) -> None:
        pass


def _context(pair: Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    return context
