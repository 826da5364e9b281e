"""How much memory a whole command holds: it, its children, and the servers that work for it."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.measuring import server_of

_PAUSE_S = 0.1


def most_memory(
    command: Sequence[str], folder: Path, environ: Mapping[str, str], server_notes: str = ""
) -> float:
    """Run *command* in *folder* to its end and return the most MiB that was held at one time.

    Looked at ten times a second, which costs some time: not to be done where that is measured.
    A page that processes share is counted once, in parts (``Pss`` of proc(5)). *server_notes* is
    as for ``cost_of``.
    """
    most = 0.0
    with subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            most = max(most, sum(map(_mib, _family({process.pid, *_noted(folder, server_notes)}))))
            time.sleep(_PAUSE_S)
    return most


def _family(members: set[int]) -> set[int]:
    """Return *members* and all that descend from them."""
    parents = dict(_parents())
    family = set(members)
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _parents() -> Iterator[tuple[int, int]]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        yield int(stat.parent.name), int(fields[1])


def _noted(folder: Path, notes: str) -> Iterator[int]:
    for note in folder.glob(notes) if notes else ():
        server = server_of(note)
        if server is not None:
            yield server


def _mib(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:") / 1024
