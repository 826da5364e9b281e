"""The end of a process and of everything that it started."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from typing import IO

_POLL_S = 0.02
_TERM_S = 2.0
_AGAIN_S = 1.0


def stop(process: subprocess.Popen[bytes], output: IO[bytes], grace_s: float) -> None:
    """Return when *process*, the leader of its own group, and its whole group are gone.

    SIGINT comes first: dbt answers it by cancelling its queries, for which it has *grace_s*.
    Then SIGTERM, then SIGKILL. *output* is read to its end meanwhile: a process that waits for
    a full pipe hears no signal.
    """
    drain = threading.Thread(target=_drain, args=(output,), daemon=True)
    drain.start()
    deadline = time.monotonic() + grace_s
    while not _is_over(process.pid) and (left_s := deadline - time.monotonic()) > 0:
        # Once may be too early: a query that had not begun then is not cancelled.
        _signal_group(process.pid, signal.SIGINT)
        _wait(process.pid, min(left_s, _AGAIN_S))
    if not _is_over(process.pid):
        _signal_group(process.pid, signal.SIGTERM)
        _wait(process.pid, _TERM_S)
    # While its leader is not reaped the group's number belongs to nobody else.
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()
    drain.join(_TERM_S)


def _drain(output: IO[bytes]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while output.read1(65_536):  # type: ignore[attr-defined]  # a BufferedReader has it
            pass


def _wait(pid: int, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while not _is_over(pid) and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _is_over(pid: int) -> bool:
    """Return whether the process has ended, without reaping it."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
