"""A directory of users with one user in it, as far as a server asks it to check a password.

It knows LDAP's simple bind (RFC 4511, 4.2) and nothing else.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer

from tests.integration.engines.process import LOOPBACK

BASE = "ou=floe,dc=example,dc=com"
_SEQUENCE, _INTEGER, _TEXT, _ENUMERATED = 0x30, 0x02, 0x04, 0x0A
_BIND, _BOUND, _PASSWORD = 0x60, 0x61, 0x80
_WELL, _WRONG = b"\x00", b"\x31"


@contextmanager
def directory(user: str, password: str) -> Iterator[str]:
    """Have a directory that knows *user*; give its address."""
    known = (f"uid={user},{BASE}".encode(), password.encode())

    class Bind(StreamRequestHandler):
        def handle(self) -> None:
            while message := self._read():
                (_, number), (kind, asked) = message[:2]
                if kind != _BIND:
                    return
                _, (_, name), (_, said) = _parts(asked)
                code = _WELL if (name, said) == known else _WRONG
                answer = _part(_ENUMERATED, code) + _part(_TEXT, b"") * 2
                parts = _part(_INTEGER, number) + _part(_BOUND, answer)
                self.wfile.write(_part(_SEQUENCE, parts))

        def _read(self) -> list[tuple[int, bytes]]:
            head = self.rfile.read(2)
            if len(head) < 2:
                return []
            length = head[1]
            if length & 0x80:
                length = int.from_bytes(self.rfile.read(length & 0x7F))
            return _parts(self.rfile.read(length))

    with ThreadingTCPServer((LOOPBACK, 0), Bind) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"ldap://{LOOPBACK}:{server.server_address[1]}"
        server.shutdown()
        thread.join(10)


def _parts(content: bytes) -> list[tuple[int, bytes]]:
    """Return the kinds and contents that stand one after the other in *content* (BER)."""
    found = []
    while content:
        kind, length, start = content[0], content[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(content[2:start])
        found.append((kind, content[start : start + length]))
        content = content[start + length :]
    return found


def _part(kind: int, content: bytes) -> bytes:
    """Return *content*, which is short, under its kind and length."""
    return bytes((kind, len(content))) + content
