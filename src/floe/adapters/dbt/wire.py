"""The caller's end of the socket to a process that runs dbt."""

import contextlib
import json
import os
import signal
import socket
import tempfile
import time
from collections.abc import Generator
from typing import IO, Any

from floe.adapters.dbt.command_line import arguments, environment, log_options
from floe.adapters.dbt.event_mapping import EventMapping
from floe.adapters.dbt.lines import lines_of
from floe.adapters.dbt.outcome import died
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand

_KILL_S = 2.0
_STDERR_TAIL = 4_000


class NobodyThereError(Exception):
    """The other end went away before it took the request: nothing has run."""


class Session:
    """One invocation of dbt on the other end of *connection*."""

    def __init__(self, connection: socket.socket, command: DbtCommand, grace_s: float) -> None:
        self._connection = connection
        self._command = command
        self._grace_s = grace_s
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        self._lines = lines_of(connection.fileno())
        self._pid = 0

    def begin(self) -> None:
        """Send the request and wait until a process has taken it.

        Raises:
            NobodyThereError: None has.
        """
        request = {
            "words": [*log_options(self._command), *arguments(self._command)],
            "environment": environment(self._command, os.environ),
            "directory": os.getcwd(),  # noqa: PTH109 - sent as it is
            "grace_s": self._grace_s,
            "describe": self._command.describe,
            "queries": self._command.queries,
        }
        body = json.dumps(request).encode()
        try:
            head = len(body).to_bytes(8, "big")
            socket.send_fds(self._connection, [head], [self._stderr.fileno()])
            self._connection.sendall(body)
            first = json.loads(next(filter(None, self._lines)))
        except (OSError, StopIteration) as error:
            raise NobodyThereError from error
        self._pid = int(first["pid"])

    def events(self) -> Generator[DbtEvent, None, None]:
        """Yield what dbt says, to its end.

        Raises:
            DbtRunError: The process died.
        """
        mapping = EventMapping(queries=self._command.queries)
        for line in self._lines:
            if line is None:
                yield from mapping.silence()
                continue
            raw: dict[str, Any] = json.loads(line)
            if "exit_code" not in raw:
                yield from mapping.feed(raw)
            else:
                yield from mapping.finish(raw["exit_code"], fallback_message=raw["message"])
                return
        raise died(None, self._last_words())

    def stop(self) -> None:
        """Return when the process is gone: interrupted first, killed if that does not help."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)
        if self._pid and not self._drained(self._grace_s + _KILL_S):
            # It is alive, for it holds the other end: the number is still its own.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)
            self._drained(_KILL_S)
        self._connection.close()
        self._stderr.close()

    def _drained(self, patience_s: float) -> bool:
        """Return whether the other end closes in time; what it still says is thrown away."""
        deadline = time.monotonic() + patience_s
        while (left_s := deadline - time.monotonic()) > 0:
            self._connection.settimeout(left_s)
            try:
                if not self._connection.recv(1 << 16):
                    return True
            except TimeoutError:
                return False
            except OSError:
                return True
        return False

    def _last_words(self) -> str:
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(size - _STDERR_TAIL, 0))
        return self._stderr.read().decode(errors="replace")
