"""bqemulator on a port of the loopback, as a program: ``python bqemulator_server.py PORT``.

It runs in an environment of its own, whose Python is ``PYTHON``. Two things are otherwise here:
DuckDB's extension for geography is not fetched from the network, and whoever does not send the
bearer token in the variable ``FLOE_BEARER`` is turned away, as Google does and the emulator does
not.
"""

import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

ENVIRONMENT = Path(__file__).parents[3] / ".venv-bqemulator"
PYTHON = ENVIRONMENT / "bin/python"
BEARER = "FLOE_BEARER"

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_REFUSED = (
    b'{"error": {"code": 401, "message": "Invalid Credentials", "status": "UNAUTHENTICATED"}}'
)


class _Guarded:
    """Let through to *app* who has the token; an ASGI application."""

    def __init__(self, app: Callable[..., Awaitable[None]], token: str) -> None:
        self._app = app
        self._expected = (b"authorization", f"Bearer {token}".encode())

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http" or self._expected in scope["headers"]:
            await self._app(scope, receive, send)
            return
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 401, "headers": kind})
        await send({"type": "http.response.body", "body": _REFUSED})


def why_not() -> str | None:
    """Return why this machine cannot run the emulator; None when it can."""
    if not PYTHON.exists():
        return f"no {ENVIRONMENT.name}, which make engine-test builds for BigQuery's emulator"
    return None


def _start(port: str) -> None:
    from bqemulator import server
    from bqemulator.cli import main
    from bqemulator.storage.engine import DuckDBEngine

    create = server.create_app

    def guarded(context: object) -> object:
        app = create(context)
        app.add_middleware(_Guarded, token=os.environ[BEARER])
        return app

    server.create_app = guarded
    DuckDBEngine._load_spatial = lambda _self: None
    DuckDBEngine._load_format_extensions = lambda _self: None
    main(["start", "--rest-port", port, "--grpc-port", "0", "--log-level", "warning"])


if __name__ == "__main__":
    _start(sys.argv[1])
