"""dbt in a child forked from a server that has it in memory: one server for each state folder."""

import contextlib
import fcntl
import hashlib
import os
import socket
import stat
import sys
import sysconfig
from collections.abc import Generator, Iterator
from pathlib import Path

from floe.adapters.dbt.child_runner import start
from floe.adapters.dbt.command_line import heeded_at_start
from floe.adapters.dbt.outcome import died
from floe.adapters.dbt.wire import NobodyThereError, Session
from floe.domain.model.errors import FloeError
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand

_ATTEMPTS = 3
_PROGRAM = (
    *("fork_server", "child", "programmatic", "kept_manifest"),
    *("describer", "duckdb_rows"),
)


class WarmDbtRunner:
    """Run dbt through the server of *state_dir*, which is started by the first run.

    The server ends after *idle_s* seconds without a run. It serves only this user, this Python
    and these installed packages: after a change of any of them another one is started. *grace_s*
    is what dbt gets to cancel its queries.
    """

    def __init__(self, state_dir: Path, idle_s: float = 900.0, *, grace_s: float = 10.0) -> None:
        self._state_dir = state_dir
        self._idle_s = idle_s
        self._grace_s = grace_s

    def run(self, command: DbtCommand) -> Generator[DbtEvent, None, None]:
        """Yield the events of *command*; its child is gone when the generator is."""
        session = self._session(command)
        try:
            yield from session.events()
        finally:
            session.stop()

    def get_ready(self, command: DbtCommand) -> None:
        """Start the server, if there is none."""
        with contextlib.suppress(OSError, FloeError):
            self._connect(command).close()

    def close(self) -> None:
        """Leave the server to its idle time: the next run may be another process's."""

    def _session(self, command: DbtCommand) -> Session:
        for _ in range(_ATTEMPTS):
            session = Session(self._connect(command), command, self._grace_s)
            try:
                session.begin()
            except NobodyThereError:
                # The server went away just now, idle or killed: another is started.
                session.stop()
            except BaseException:
                session.stop()
                raise
            else:
                return session
        raise died(None)

    def _connect(self, command: DbtCommand) -> socket.socket:
        """Return a connection to the server, started if there is none that listens."""
        self._state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"dbt-{_identity(command)}"
        with _opened(self._state_dir) as address:
            connection = _connected(f"{address}/{name}")
            if connection is not None:
                return connection
            note = self._state_dir / f"{name}.pid"
            with _locked(note):
                connection = _connected(f"{address}/{name}")
                if connection is not None:
                    return connection
                with contextlib.suppress(FileNotFoundError):
                    (self._state_dir / name).unlink()
                self._start(f"{address}/{name}", note, command)
                connection = _connected(f"{address}/{name}")
        if connection is None:
            raise died(None)
        return connection

    def _start(self, address: str, note: Path, command: DbtCommand) -> None:
        with socket.socket(socket.AF_UNIX) as listener:
            # Nobody can connect before listen(), and by then the mode is right.
            listener.bind(address)
            Path(address).chmod(stat.S_IRUSR | stat.S_IWUSR)
            listener.listen()
            # The server is the child of this process, which ends at once.
            start(listener, command, str(self._idle_s), str(note.absolute())).wait()


@contextlib.contextmanager
def _opened(directory: Path) -> Iterator[str]:
    """Give a short name for *directory*: the address of a socket has some 100 bytes at most."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        short = f"/proc/self/fd/{descriptor}"
        yield short if Path(short).exists() else str(directory)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold *path* against other processes and threads that would start a server too."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _connected(address: str) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        return None
    return connection


def _identity(command: DbtCommand) -> str:
    """Return a name for everything that a server cannot change after its start."""
    heeded = heeded_at_start(command, os.environ)
    parts = [sys.executable, sys.version, str(os.getuid())]
    parts += [f"{name}={heeded[name]}" for name in sorted(heeded)]
    installed = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    own = {Path(__file__).with_name(f"{name}.py") for name in _PROGRAM}
    parts += [f"{path}@{_modified(path)}" for path in sorted(installed | own)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _modified(path: Path) -> int:
    """Return when *path* changed: installing a package touches the folder it goes to."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
