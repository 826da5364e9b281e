"""Servers that live as long as a test needs them, on the loopback only."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

LOOPBACK = "127.0.0.1"


class Account(NamedTuple):
    """Whom a server runs as."""

    user: int
    group: int


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Return whether someone listens on *port* of the loopback."""
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return True
    return False


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    ready: Callable[[], bool],
    log: Path,
    environment: Mapping[str, str] | None = None,
    account: Account | None = None,
    seconds: float = 90,
) -> Iterator[None]:
    """Have *command* run until the block ends; enter it when *ready* says so.

    The server gets a process group of its own, all of which ends with the block.

    Raises:
        RuntimeError: The server ended early, or was not ready after *seconds*.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else {**os.environ, **environment},
            user=account and account.user,
            group=account and account.group,
            extra_groups=account and [],
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        _wait(process, ready, log, seconds)
        yield
    finally:
        _end(process)


def _wait(
    process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path, seconds: float
) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise RuntimeError(f"{process.args!s} is not ready and said:\n{said}")
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole group of *process*: first by asking, then without."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
