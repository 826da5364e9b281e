"""One invocation of dbt in a process of its own, which reports to whoever is on the socket.

The request is one JSON object: ``words``, ``environment``, ``directory``, ``describe`` and
``queries``. The answer is one JSON object a line: first ``pid``, then dbt's events and, where
*describe* asks for them, the columns of relations, at last ``exit_code`` and ``message``. The
socket is also the lifeline: when its other end is gone, dbt is interrupted.
"""

import atexit
import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from typing import Any, NoReturn, TypeAlias

from floe.adapters.dbt.programmatic import LineWriter, invoke

Request: TypeAlias = Mapping[str, Any]

MAX_REQUEST = 64 * 1024 * 1024
_AGAIN_S = 1.0
_LEFT = threading.Event()
"""Set when nobody listens any more."""


def serve(connection: socket.socket, request: Request) -> NoReturn:
    """Run *request* and end the process; SIGINT, SIGTERM and the lifeline interrupt dbt."""
    code = 1
    try:
        settle(request)
        report = LineWriter(connection.sendall)
        report({"pid": os.getpid()})
        threading.Thread(target=_watch, args=(connection, request), daemon=True).start()
        exit_code, message = invoke(
            request["words"],
            report,
            own_process=True,
            describe=request["describe"],
            queries=request["queries"],
        )
        report({"exit_code": exit_code, "message": message})
        code = 0
    except BaseException:  # noqa: BLE001 - this is the edge of a process
        with contextlib.suppress(OSError):
            traceback.print_exc()
    finally:
        leave(code)


def settle(request: Request) -> None:
    """Take on the environment and the directory that the caller has."""
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["directory"])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def leave(code: int) -> NoReturn:
    """End the process without taking its memory apart object by object."""
    try:
        # Adapters close their databases here (dbt-duckdb).
        atexit._run_exitfuncs()  # noqa: SLF001 - the one way to run them before _exit
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        if _LEFT.is_set():
            # What dbt has started ends with it.
            os.killpg(0, signal.SIGKILL)
        os._exit(code)


def _watch(connection: socket.socket, request: Request) -> None:
    """Interrupt dbt when the other end of *connection* closes, and end it if it does not stop."""
    with contextlib.suppress(OSError):
        connection.recv(1)
    _LEFT.set()
    deadline = time.monotonic() + request["grace_s"]
    while time.monotonic() < deadline:
        # Once may be too early: a query that had not begun then is not cancelled.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(_AGAIN_S)
    os.killpg(0, signal.SIGKILL)


def read_request(connection: socket.socket, timeout_s: float | None) -> tuple[Request, int]:
    """Return the request on *connection* and the descriptor for dbt's standard error.

    Raises:
        OSError: The request did not come in time, or is not one.
    """
    connection.settimeout(timeout_s)
    head, descriptors, _, _ = socket.recv_fds(connection, 8, 1)
    size = int.from_bytes(head, "big")
    if len(head) != 8 or size > MAX_REQUEST or len(descriptors) != 1:  # noqa: PLR2004
        raise OSError("not a request")
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise OSError("half a request")
        parts += part
    connection.settimeout(None)
    return json.loads(parts), descriptors[0]
