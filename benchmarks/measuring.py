"""What a whole command costs: wall time, and the CPU of all its processes."""

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_TICK_S: float = 1 / os.sysconf("SC_CLK_TCK")
_UTIME, _CSTIME = 11, 15
"""Places in ``/proc/PID/stat`` after the name of the program, proc(5)."""


class Cost(NamedTuple):
    """What one run cost: seconds of wall and CPU, and its exit code."""

    wall_s: float
    cpu_s: float
    code: int


def cost_of(
    command: Sequence[str], folder: Path, environ: Mapping[str, str], server_notes: str = ""
) -> Cost:
    """Run *command* in *folder* to its end and return what it and its children cost.

    *server_notes* is a pattern of files in *folder* with the process id of a server that works
    for the command without being its child: what that one spends meanwhile is added.
    """
    reading, writing = os.pipe()
    before = _servers_cpu_s(folder, server_notes)
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        code = subprocess.run(
            command,
            cwd=folder,
            env=dict(environ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        text = f"{used.ru_utime + used.ru_stime} {code}"
        os.write(writing, text.encode())
        os._exit(0)
    os.waitpid(pid, 0)
    wall_s = time.perf_counter() - started
    cpu, exit_code = os.read(reading, 100).decode().split()
    os.close(reading)
    os.close(writing)
    served_s = max(_servers_cpu_s(folder, server_notes) - before, 0.0)
    return Cost(wall_s, float(cpu) + served_s, int(exit_code))


def median(costs: Sequence[Cost], field: str) -> float:
    """Return the median of *field* over *costs*."""
    return statistics.median(float(getattr(cost, field)) for cost in costs)


def ratio(costs: Sequence[Cost], base: Sequence[Cost], field: str) -> float:
    """Return the median of the ratios of *costs* to *base*, round by round."""
    pairs = zip(costs, base, strict=True)
    return statistics.median(
        float(getattr(one, field)) / float(getattr(other, field)) for one, other in pairs
    )


def _servers_cpu_s(folder: Path, notes: str) -> float:
    """Return the CPU seconds of the servers, with those of the children that they reaped."""
    return sum(map(_cpu_s, folder.glob(notes))) if notes else 0.0


def server_of(note: Path) -> int | None:
    """Return the process id that *note* names; None where it is gone or names none."""
    try:
        return int(note.read_text())
    except (OSError, ValueError):
        return None


def _cpu_s(note: Path) -> float:
    try:
        stat = Path(f"/proc/{server_of(note)}/stat").read_text()
    except OSError:
        return 0.0
    fields = stat.rpartition(")")[2].split()
    return float(sum(map(int, fields[_UTIME:_CSTIME])) * _TICK_S)
