"""The servers of a state folder, for the tests that look for them or end them."""

import contextlib
import os
import signal
import time
from pathlib import Path


def server_pids(state_dir: Path) -> list[int]:
    """Return the processes that serve, or served, *state_dir*."""
    notes = (path.read_text() for path in state_dir.glob("dbt-*.pid"))
    return [int(note) for note in notes if note]


def is_alive(pid: int) -> bool:
    """Return whether *pid* runs; one that has ended and is not reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def ends_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def end_servers(state_dir: Path) -> None:
    for pid in server_pids(state_dir):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
