"""A server that has dbt imported and forks a child for each run; a program, not a library.

``python -P -m floe.adapters.dbt.fork_server SOCKET [ADAPTER]`` serves one run in its own process;
what that run will need is loaded while it waits for it. ``SOCKET IDLE_S PID_FILE`` serves many,
and does nothing between them but for loading what the last one needed, so that the next finds it
in memory.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import sysconfig
import threading
import time
from pathlib import Path
from typing import Any

from floe.adapters.dbt import child
from floe.adapters.dbt.kept_manifest import KeptManifest

_REQUEST_TIMEOUT_S = 5.0
_TICK_S = 1.0


def serve_once(connection: socket.socket, adapter: str = "") -> None:
    """Serve the one request on *connection* in this very process, with dbt loaded already.

    What cannot be loaded now is an error of the run, which says so.
    """
    gc.disable()
    for name in ("dbt.cli.main", *([f"dbt.adapters.{adapter}"] if adapter else [])):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    request, stderr = child.read_request(connection, None)
    _redirect(stderr)
    child.serve(connection, request)


class ForkServer:
    """Fork a child for each connection on *listener* until *idle_s* pass without one."""

    def __init__(self, listener: socket.socket, address: Path, idle_s: float) -> None:
        self._listener = listener
        self._address = address
        self._idle_s = idle_s
        self._lessons: dict[int, int] = {}
        self._kept = KeptManifest()

    def run(self) -> None:
        """Serve until nobody has come for a while and every child has ended, then clean up."""
        try:
            self._serve()
        finally:
            # In this order: whoever comes in between finds nothing and starts another server.
            self._address.unlink(missing_ok=True)
            self._listener.close()

    def _serve(self) -> None:
        import dbt.cli.main

        dbt.cli.main.__name__  # noqa: B018 - imported for those who are forked from here
        last_busy = time.monotonic()
        while self._lessons or time.monotonic() - last_busy < self._idle_s:
            if self._lessons:
                last_busy = time.monotonic()
            readable, _, _ = select.select([self._listener, *self._lessons], [], [], _TICK_S)
            for ready in readable:
                last_busy = time.monotonic()
                if isinstance(ready, int):
                    self._learn(ready)
                else:
                    self._accept()
            if threading.active_count() > 1:
                # What was imported has started threads: a fork would inherit broken locks.
                return

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        with connection, contextlib.suppress(OSError, ValueError):
            request, stderr = child.read_request(connection, _REQUEST_TIMEOUT_S)
            lessons, teach = os.pipe()
            gc.freeze()
            pid = os.fork()
            if pid == 0:
                os.setsid()
                self._listener.close()
                os.close(lessons)
                _redirect(stderr)
                _teach(self._kept, teach)
                self._kept.install()
                child.serve(connection, request)
            os.close(teach)
            os.close(stderr)
            self._lessons[lessons] = pid

    def _learn(self, lessons: int) -> None:
        """Load what the child that has just ended had to load, and reap it."""
        pid = self._lessons.pop(lessons)
        with os.fdopen(lessons, "rb") as pipe:
            text = pipe.read()
        os.waitpid(pid, 0)
        if not text:
            return
        lesson: dict[str, Any] = json.loads(text)
        for name in lesson["modules"]:
            # What cannot be imported here is imported by the child that needs it.
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        if lesson["parse_cache"]:
            gc.disable()
            self._kept.load(Path(lesson["parse_cache"]))


def _teach(kept: KeptManifest, teach: int) -> None:
    """Tell the server, when this child ends, what it had to load by itself."""
    known = set(sys.modules)

    def tell() -> None:
        lesson = {
            "modules": _installed(set(sys.modules) - known),
            "parse_cache": None if kept.path is None else str(kept.path),
        }
        with contextlib.suppress(OSError), os.fdopen(teach, "wb") as pipe:
            pipe.write(json.dumps(lesson).encode())

    atexit.register(tell)


def _installed(names: set[str]) -> list[str]:
    """Return those of *names* that belong to the installation, and not to a project."""
    homes = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
    found = []
    for name in sorted(names):
        spec = getattr(sys.modules.get(name), "__spec__", None)
        if spec is not None and spec.name == name and (spec.origin or "").startswith(homes):
            found.append(name)
    return found


def _redirect(stderr: int) -> None:
    """Let what is printed go to *stderr*: standard output has no reader."""
    for number in (1, 2):
        os.dup2(stderr, number)
    os.close(stderr)


def main(descriptor: str, *words: str) -> None:
    """Serve on the socket *descriptor*: one run here, or many in children."""
    bound = socket.socket(fileno=int(descriptor))
    if len(words) < 2:  # noqa: PLR2004 - an idle time and a file for the process id
        serve_once(bound, *words)
    idle_s, pid_file = words
    if os.fork():
        # Whoever started this waits for it, and not for the server.
        os._exit(0)
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    note = Path(pid_file)
    note.write_text(str(os.getpid()), encoding="ascii")
    ForkServer(bound, note.with_suffix(""), float(idle_s)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
