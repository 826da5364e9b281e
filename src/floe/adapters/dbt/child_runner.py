"""dbt in a fresh Python process that imports little, prints nothing and ends at once."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping
from typing import NamedTuple

from floe.adapters.dbt.command_line import environment, heeded_at_start
from floe.adapters.dbt.outcome import died
from floe.adapters.dbt.wire import NobodyThereError, Session
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand


class _Child(NamedTuple):
    """A process that waits for a command, or serves it."""

    connection: socket.socket
    process: subprocess.Popen[bytes]
    heeded: Mapping[str, str]
    parent: int

    @classmethod
    def start(cls, command: DbtCommand) -> "_Child":
        ours, theirs = socket.socketpair()
        with theirs:
            process = start(theirs, command, *filter(None, [command.adapter]))
        return cls(ours, process, heeded_at_start(command, os.environ), os.getpid())

    def can_run(self, command: DbtCommand) -> bool:
        """Return whether *command* would have started just such a process."""
        return self.process.poll() is None and heeded_at_start(command, os.environ) == self.heeded

    def end(self) -> None:
        """Return when the process is gone; it has run nothing."""
        self.connection.close()
        self.process.kill()
        self.process.wait()


class ChildDbtRunner:
    """Run dbt in a child of this process, with the same Python and the same packages."""

    def __init__(self, *, grace_s: float = 10.0) -> None:
        self._grace_s = grace_s
        self._waiting: _Child | None = None

    def get_ready(self, command: DbtCommand) -> None:
        """Start the child, which loads dbt while the caller has other things to do."""
        if self._waiting is None:
            with contextlib.suppress(OSError):
                self._waiting = _Child.start(command)

    def run(self, command: DbtCommand) -> Generator[DbtEvent, None, None]:
        """Yield the events of *command*; dbt is gone when the generator is."""
        connection, process, _, _ = self._child_for(command)
        session = Session(connection, command, self._grace_s)
        try:
            session.begin()
            yield from session.events()
        except NobodyThereError as error:
            raise died(process.wait()) from error
        finally:
            session.stop()
            process.kill()
            process.wait()

    def close(self) -> None:
        """End the child that waits for a command, if there is one."""
        waiting = self._taken()
        if waiting is not None:
            waiting.end()

    def _child_for(self, command: DbtCommand) -> _Child:
        waiting = self._taken()
        if waiting is not None and waiting.can_run(command):
            return waiting
        if waiting is not None:
            waiting.end()
        return _Child.start(command)

    def _taken(self) -> _Child | None:
        """Return the child that waits, which is nobody else's from now on."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting.parent != os.getpid():
            # This process was forked: it is the parent's.
            waiting.connection.close()
            return None
        return waiting


def start(bound: socket.socket, command: DbtCommand, *words: str) -> subprocess.Popen[bytes]:
    """Start the program that serves on *bound*, in a session of its own."""
    program = ["-P", "-m", "floe.adapters.dbt.fork_server"]
    return subprocess.Popen(  # noqa: S603 - words, never a shell
        [sys.executable, *program, str(bound.fileno()), *words],
        env=environment(command, os.environ),
        pass_fds=[bound.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
