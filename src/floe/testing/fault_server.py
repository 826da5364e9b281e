"""A backend on the loopback that fails on command: to test a sender, or to measure one.

Start it from a shell with ``python -m floe.testing.fault_server MODE [PORT]``.
"""

import gzip
import itertools
import json
import socket
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self


class Mode(StrEnum):
    """What the backend does with a request."""

    OK = "ok"
    REFUSE = "refuse"  # the port is closed
    HANG = "hang"  # the answer comes after a minute
    SERVER_ERROR = "server_error"
    UNAVAILABLE = "unavailable"  # 503 with Retry-After
    TOO_MANY = "too_many"  # 429 with Retry-After
    TOO_MANY_MUTE = "too_many_mute"  # 429 without it
    UNAUTHORIZED = "unauthorized"
    BAD_ONE = "bad_one"  # 400 for bodies that hold "poison"
    BAD_ALL = "bad_all"
    REDIRECT = "redirect"  # to a sign-in page on the same server, which answers 200
    SLOW = "slow"  # a fifth of a second for each request
    RESET = "reset"
    FLAPPING = "flapping"  # every second request fails
    DRIP = "drip"  # the answer comes a byte at a time
    GARBAGE = "garbage"


class Received(NamedTuple):
    """A request that the backend accepted."""

    path: str
    headers: Mapping[str, str]
    body: bytes


_STATUS = {
    Mode.SERVER_ERROR: 500,
    Mode.UNAVAILABLE: 503,
    Mode.TOO_MANY: 429,
    Mode.TOO_MANY_MUTE: 429,
    Mode.UNAUTHORIZED: 401,
    Mode.BAD_ALL: 400,
    Mode.REDIRECT: 302,
}


class FaultServer:
    """Listens on 127.0.0.1 while it is open; ``mode`` may be changed at any time.

    ``received`` are the accepted events, ``attempts`` counts all requests. With *batches* it has
    the endpoint for many events at once, as the specification has it: each counts by itself, and
    those that hold "poison" or "later" fail alone. ``batch_answer``, a status and a body, takes
    the place of that. ``largest_batch`` and ``largest_event`` limit the bytes of a request.
    """

    def __init__(
        self,
        mode: Mode = Mode.OK,
        port: int = 0,
        retry_after: str = "1",
        *,
        batches: bool = False,
    ) -> None:
        self.batches = batches
        self.batch_sizes: list[int] = []
        self.batch_answer: tuple[int, bytes] | None = None
        self.largest_batch: int | None = None
        self.largest_event: int | None = None
        self.retry_after = retry_after
        self.received: list[Received] = []
        self.sign_ins = 0
        self.attempts = 0
        self.stopped = threading.Event()
        self.turn = itertools.count()
        self._mode = mode
        self._server: _Server | None = None
        self._port = port
        self._listen()
        if mode is Mode.REFUSE:
            self._deafen()

    @property
    def url(self) -> str:
        """The address of an OpenLineage endpoint on it."""
        return f"http://127.0.0.1:{self._port}/api/v1/lineage"

    @property
    def mode(self) -> Mode:
        """What the backend does just now."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._mode = mode
        if mode is Mode.REFUSE:
            self._deafen()
        elif self._server is None:
            self._listen()

    @property
    def bodies(self) -> list[bytes]:
        """The bodies that were accepted, in order."""
        return [request.body for request in self.received]

    def close(self) -> None:
        """Stop listening, and end every answer that hangs."""
        self.stopped.set()
        self._deafen()

    def __enter__(self) -> Self:
        """Return the open server."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _listen(self) -> None:
        self._server = _Server(("127.0.0.1", self._port), _Handler)
        self._server.backend = self
        self._port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def _deafen(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    backend: FaultServer

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that walk away are the point."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Serve the sign-in page."""
        self.server.backend.sign_ins += 1
        self._answer(200)

    def do_POST(self) -> None:
        """Do as the mode says."""
        backend = self.server.backend
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:  # who sent it died meanwhile: this is no request
            self.close_connection = True
            return
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.path == "/sign-in":
            backend.sign_ins += 1
            self._answer(200)
            return
        if self.path.endswith("/batch") and not backend.batches:
            self._answer(404)
            return
        if self.path.endswith("/batch") and backend.batch_answer is not None:
            self._answer(*backend.batch_answer)
            return
        backend.attempts += 1
        is_batch = self.path.endswith("/batch")
        largest = backend.largest_batch if is_batch else backend.largest_event
        if largest is not None and len(body) > largest:
            self._answer(413)
            return
        mode = backend.mode
        if mode is Mode.FLAPPING:
            mode = Mode.OK if next(backend.turn) % 2 else Mode.SERVER_ERROR
        elif mode is Mode.BAD_ONE:
            mode = Mode.BAD_ALL if b"poison" in body else Mode.OK
        self._act(mode, body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""

    def _act(self, mode: Mode, body: bytes) -> None:
        backend = self.server.backend
        if mode in {Mode.HANG, Mode.REFUSE}:
            backend.stopped.wait(60)
            self.close_connection = True
        elif mode is Mode.RESET:
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
            )
            self.close_connection = True
        elif mode is Mode.GARBAGE:
            self.wfile.write(b"\x00\xff this is no HTTP\r\n\r\n")
            self.close_connection = True
        elif mode is Mode.DRIP:
            self._drip()
        elif mode in _STATUS:
            self._answer(_STATUS[mode], b'{"message": "no"}')
        else:
            if mode is Mode.SLOW:
                time.sleep(0.2)
            self._accept(body)

    def _accept(self, body: bytes) -> None:
        backend, headers = self.server.backend, dict(self.headers.items())
        if not self.path.endswith("/batch"):
            backend.received.append(Received(self.path, headers, body))
            self._answer(201)
            return
        events = [canonical(event) for event in json.loads(body)]
        failed = [
            {"index": index, "reason": "no", "retriable": b"later" in event}
            for index, event in enumerate(events)
            if b"poison" in event or b"later" in event
        ]
        bad = {item["index"] for item in failed}
        backend.batch_sizes.append(len(events))
        backend.received += [
            Received(self.path, headers, event)
            for index, event in enumerate(events)
            if index not in bad
        ]
        if failed:
            told = {"status": "partial_success", "summary": {"failed": len(failed)}}
            self._answer(200, json.dumps({**told, "failed_events": failed}).encode())
        else:
            self._answer(204)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if self.server.backend.mode in {Mode.UNAVAILABLE, Mode.TOO_MANY}:
            self.send_header("Retry-After", self.server.backend.retry_after)
        if status == _STATUS[Mode.REDIRECT]:
            self.send_header("Location", "/sign-in")
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        with suppress(OSError):
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"." * 600:
                self.wfile.write(bytes([byte]))
                if self.server.backend.stopped.wait(0.1):
                    break
        self.close_connection = True


def canonical(event: object) -> bytes:
    """Return *event* as floe writes events, so that one of a batch is known again."""
    text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def main(arguments: list[str]) -> None:
    """Serve in the mode and on the port that *arguments* name, until interrupted."""
    mode = Mode(arguments[0] if arguments else "ok")
    with FaultServer(mode, int(arguments[1]) if len(arguments) > 1 else 0) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            server.stopped.wait()
        sys.stdout.write(f"accepted {len(server.received)} of {server.attempts}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
