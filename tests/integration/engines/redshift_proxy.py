"""PostgreSQL in the manners of Redshift, so that Redshift's own connector talks to it.

The connector asks for two things that PostgreSQL does not know: start-up parameters of its own,
which are left out here, and a server version that is a version number, for which the one that
Redshift reports is put in. Who comes with an identity instead of a name is asked for its token,
and then is the role that PostgreSQL trusts. Everything after the sign-in goes through as it is.
"""

import asyncio
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple

from tests.integration.engines.process import LOOPBACK

CATALOG = (
    "create function getdate() returns timestamp stable language sql as 'select localtimestamp(0)'",
    (
        "create function pg_get_late_binding_view_cols() returns setof record stable language sql"
        " as 'select null::name, null::name, null::name, null::varchar, null::int where false'"
    ),
    "set allow_system_table_mods = on",
    (
        "create view pg_catalog.svv_external_columns as select null::int as columnnum,"
        " null::name as schemaname, null::name as tablename, null::name as columnname,"
        " null::varchar as external_type where false"
    ),
)
"""What dbt-redshift asks of Redshift's own catalogue: a clock, and views that are not there."""

_KNOWN = {b"user", b"database", b"application_name"}
_VERSION_KEY = b"server_version\0"
_VERSION = _VERSION_KEY + b"8.0.2\0"
_LENGTH = struct.Struct("!i")
_PARAMETER, _READY, _ERROR = b"S", b"Z", b"E"
_ASKS_FOR_TLS = struct.pack("!i", 80877103)
_ASKS_FOR_A_TOKEN = b"R" + struct.pack("!ii", 8, 14)
_NOT_KNOWN = b"SFATAL\0C28000\0MThe token of the identity is not known\0\0"


class Identity(NamedTuple):
    """The *token* that proves an identity, and the *role* that it is in PostgreSQL."""

    token: str
    role: str


@contextmanager
def redshift_proxy(postgres_port: int, identity: Identity, tls: ssl.SSLContext) -> Iterator[int]:
    """Listen on the loopback, in front of *postgres_port*; give the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        start = asyncio.start_server(_Front(postgres_port, identity, tls).serve, LOOPBACK, 0)
        server = asyncio.run_coroutine_threadsafe(start, loop).result(10)
        yield server.sockets[0].getsockname()[1]
        loop.call_soon_threadsafe(server.close)
    finally:
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class _Front:
    """Serve each client by a connection of its own to PostgreSQL."""

    def __init__(self, port: int, identity: Identity, tls: ssl.SSLContext) -> None:
        self._port = port
        self._identity = identity
        self._tls = tls

    async def serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        server, requests = await asyncio.open_connection(LOOPBACK, self._port)
        try:
            protocol, said = _said(await self._startup(client, answers))
            if b"idp_type" in said:
                answers.write(_ASKS_FOR_A_TOKEN)
                await client.readexactly(1)
                if await _body(client) != self._identity.token.encode():
                    answers.write(_message(_ERROR, _NOT_KNOWN))
                    return
                said[b"user"] = self._identity.role.encode()
            requests.write(_startup(protocol, said))
            await asyncio.gather(_pump(client, requests), _replies(server, answers))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # one of the two hung up, which ends the other too
        finally:
            requests.close()
            answers.close()
            with suppress(ConnectionError):
                await requests.wait_closed()
                await answers.wait_closed()

    async def _startup(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> bytes:
        """Return the first message that is not the question whether the two can encrypt."""
        body = await _body(client)
        if body != _ASKS_FOR_TLS:
            return body
        answers.write(b"S")
        await answers.drain()
        await answers.start_tls(self._tls)
        return await _body(client)


async def _body(reader: asyncio.StreamReader) -> bytes:
    """Return the rest of a message whose length comes next."""
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return await reader.readexactly(length - _LENGTH.size)


def _said(body: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """Return the protocol's number and the parameters of a start-up message."""
    words = body[4:].split(b"\0")
    return body[:4], dict(zip(words[0::2], words[1::2], strict=False))


def _startup(protocol: bytes, said: Mapping[bytes, bytes]) -> bytes:
    """Return a start-up message with only the parameters that PostgreSQL knows."""
    known = [key + b"\0" + said[key] + b"\0" for key in said if key in _KNOWN]
    return _message(b"", protocol + b"".join(known) + b"\0")


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + _LENGTH.pack(len(body) + _LENGTH.size) + body


async def _replies(server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
    kind = b""
    while kind not in (_READY, _ERROR):
        kind = await server.readexactly(1)
        body = await _body(server)
        if kind == _PARAMETER and body.startswith(_VERSION_KEY):
            body = _VERSION
        client.write(_message(kind, body))
    await _pump(server, client)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.close()
