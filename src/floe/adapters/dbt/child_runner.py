"""dbt in a fresh Python process that imports little, prints nothing and ends at once."""

import os
import socket
import subprocess
import sys
from collections.abc import Generator

from floe.adapters.dbt.command_line import environment
from floe.adapters.dbt.outcome import died
from floe.adapters.dbt.wire import NobodyThereError, Session
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand


class ChildDbtRunner:
    """Run dbt in a child of this process, with the same Python and the same packages."""

    def __init__(self, *, grace_s: float = 10.0) -> None:
        self._grace_s = grace_s

    def run(self, command: DbtCommand) -> Generator[DbtEvent, None, None]:
        """Yield the events of *command*; dbt is gone when the generator is."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = start(theirs, command)
        session = Session(ours, command, self._grace_s)
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
        """Keep nothing, let go of nothing."""


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
