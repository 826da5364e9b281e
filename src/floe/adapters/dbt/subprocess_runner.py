"""dbt as a command of its own, which may live in another environment than floe."""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from floe.adapters.dbt import process_group
from floe.adapters.dbt.command_line import arguments, environment, log_options
from floe.adapters.dbt.event_mapping import EventMapping
from floe.adapters.dbt.lines import lines_of
from floe.adapters.dbt.outcome import died
from floe.adapters.dbt.programmatic import DEBUG_EVENTS, QUERY_EVENTS
from floe.adapters.dbt.snapshot_sql import SNAPSHOT_EVENT
from floe.domain.model.errors import EnvironmentNotReadyError, Problem
from floe.domain.model.node_event import DbtEvent, Raw
from floe.domain.model.run import DbtCommand

_LOGS = ("--log-format=json", "--log-level=debug", "--no-use-colors", "--no-quiet")
_DEBUG = b'"level": "debug"'
_OF_A_SNAPSHOT = (f'"name": "{SNAPSHOT_EVENT}"'.encode(), b'"resource_type": "snapshot"')
_STDERR_TAIL = 4_000
_WATCHED = """
exec 3<&0 </dev/null
(read -r _ <&3; kill -INT -$$; sleep "$0"; kill -KILL -$$) >/dev/null 2>&1 &
exec 3<&- "$@"
"""
"""Becomes dbt, and leaves somebody in its group who stops it when the lifeline comes to its end."""


class SubprocessDbtRunner:
    """Run *executable* with JSON logs; *grace_s* is what dbt gets to cancel its queries."""

    def __init__(self, executable: str = "dbt", *, grace_s: float = 10.0) -> None:
        self._executable = executable
        self._grace_s = grace_s

    def run(self, command: DbtCommand) -> Generator[DbtEvent, None, None]:
        """Yield the events of *command*; dbt is gone when the generator is."""
        mapping = EventMapping(queries=command.queries)
        names = DEBUG_EVENTS | QUERY_EVENTS if command.queries else DEBUG_EVENTS
        wanted = tuple(f'"name": "{name}"'.encode() for name in names)
        with tempfile.TemporaryFile() as stderr, _lifeline() as theirs:
            process = self._start(command, stderr, theirs)
            output = cast("IO[bytes]", process.stdout)
            try:
                for line in lines_of(output.fileno()):
                    if line is None:
                        yield from mapping.silence()
                        continue
                    raw = _event(line, wanted)
                    if raw is not None:
                        yield from mapping.feed(raw)
                yield from _end(mapping, process.wait(), _tail(stderr))
            finally:
                process_group.stop(process, output, self._grace_s)
                output.close()

    def get_ready(self, command: DbtCommand) -> None:
        """Begin nothing: there is nothing to begin without running it."""

    def close(self) -> None:
        """Keep nothing, let go of nothing."""

    def _start(
        self, command: DbtCommand, stderr: IO[bytes], lifeline: int
    ) -> subprocess.Popen[bytes]:
        words = [self._path(), *_LOGS, *log_options(command), *arguments(command)]
        return subprocess.Popen(  # noqa: S603 - the words are the script's own arguments
            ["/bin/sh", "-c", _WATCHED, str(math.ceil(self._grace_s)), *words],
            env=environment(command, os.environ),
            stdin=lifeline,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )

    def _path(self) -> str:
        beside_python = Path(sys.executable).parent
        found = shutil.which(self._executable) or shutil.which(
            self._executable, path=str(beside_python)
        )
        if found is None:
            raise EnvironmentNotReadyError(
                Problem(
                    f"there is no command {self._executable}",
                    fix="install dbt, or name its executable in the settings under dbt",
                )
            )
        return found


@contextmanager
def _lifeline() -> Iterator[int]:
    """Give the end of a pipe that comes to its end when this process does, however it ends."""
    theirs, ours = os.pipe()
    try:
        yield theirs
    finally:
        os.close(theirs)
        os.close(ours)


def _event(line: bytes, wanted: tuple[bytes, ...]) -> Raw | None:
    """Return the event on *line*, or None for one of level debug that is not *wanted*.

    What is sent for a snapshot is always wanted.
    """
    is_wanted = any(name in line for name in wanted)
    if _DEBUG in line and not is_wanted and not all(words in line for words in _OF_A_SNAPSHOT):
        return None
    try:
        raw = json.loads(line)
    except ValueError:
        return None
    is_event = isinstance(raw, dict) and "info" in raw and isinstance(raw.get("data"), dict)
    return raw if is_event else None


def _end(mapping: EventMapping, exit_code: int, stderr: str) -> Generator[DbtEvent, None, None]:
    if exit_code < 0 and mapping.completed_at is None:
        raise died(exit_code, stderr)
    yield from mapping.finish(exit_code, fallback_message=stderr)


def _tail(stderr: IO[bytes]) -> str:
    size = stderr.seek(0, os.SEEK_END)
    stderr.seek(max(size - _STDERR_TAIL, 0))
    return stderr.read().decode(errors="replace")
