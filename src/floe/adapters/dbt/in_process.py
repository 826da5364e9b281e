"""dbt in this very process, on a thread beside the one that reads its events."""

import contextlib
import ctypes
import logging
import os
import queue
import threading
from collections.abc import Generator, Iterator, Mapping
from typing import Any, TypeAlias

from floe.adapters.dbt.command_line import arguments, environment, log_options
from floe.adapters.dbt.event_mapping import EventMapping
from floe.adapters.dbt.lines import SILENCE_S
from floe.adapters.dbt.programmatic import invoke
from floe.domain.model.errors import EnvironmentNotReadyError, Problem
from floe.domain.model.node_event import DbtEvent, Raw
from floe.domain.model.run import DbtCommand

_ONE_AT_A_TIME = threading.Lock()
"""dbt keeps its flags, its adapters and its event manager in the process."""

_WAITING_EVENTS = 1_000
_PATIENCE_S = 0.05
_Exited: TypeAlias = tuple[int, str]


class InProcessDbtRunner:
    """Run dbt on a thread of this process, one invocation at a time.

    While dbt runs its variables stand in ``os.environ``, where drivers of databases look for
    them: other threads see them too, and so does whoever forks meanwhile. Where that matters, or
    where a run must be stopped by force, a runner with a process of its own is the better one.
    """

    def run(self, command: DbtCommand) -> Generator[DbtEvent, None, None]:
        """Yield the events of *command*; dbt has stopped when the generator has."""
        _check_dbt()
        mapping = EventMapping(queries=command.queries)
        with _ONE_AT_A_TIME, _environment(environment(command, os.environ)), _root_logger():
            words = [*log_options(command), *arguments(command)]
            thread = _DbtThread(words, command)
            thread.start()
            try:
                for item in thread.items():
                    if item is None:
                        yield from mapping.silence()
                    elif isinstance(item, tuple):
                        exit_code, message = item
                        yield from mapping.finish(exit_code, fallback_message=message)
                    else:
                        yield from mapping.feed(item)
            finally:
                thread.stop()
                _close_databases()

    def get_ready(self, command: DbtCommand) -> None:
        """Begin nothing: there is nothing to begin without running it."""

    def close(self) -> None:
        """Keep nothing, let go of nothing."""


class _Stopped(Exception):  # noqa: N818 - it tells dbt's nodes to give up, not of an error
    """Nobody listens any more."""


class _DbtThread(threading.Thread):
    """dbt, its events in a bounded queue, and a way to make it give up."""

    def __init__(self, words: list[str], command: DbtCommand) -> None:
        super().__init__(name="dbt", daemon=True)
        self._words = words
        self._command = command
        self._items: queue.Queue[Raw | _Exited] = queue.Queue(_WAITING_EVENTS)
        self._stopping = threading.Event()
        self._working = False

    def run(self) -> None:
        try:
            exited = invoke(
                self._words,
                self._report,
                own_process=False,
                describe=self._command.describe,
                queries=self._command.queries,
            )
        except BaseException as error:  # noqa: BLE001 - the edge of a thread
            exited = (2, f"{type(error).__name__}: {error}")
        self._put(exited)

    def items(self) -> Iterator[Raw | _Exited | None]:
        """Yield each event of dbt, at last its exit code and message; None in its silence."""
        while True:
            try:
                item = self._items.get(timeout=SILENCE_S)
            except queue.Empty:
                yield None
                continue
            yield item
            if isinstance(item, tuple):
                return

    def stop(self) -> None:
        """Return when dbt has given up: its queries cancelled, its other nodes not begun."""
        self._stopping.set()
        while self.is_alive():
            _cancel_queries()
            if not self._working:
                # dbt parses on this thread; during nodes it waits there for its workers.
                _raise_in(self, KeyboardInterrupt)
            with contextlib.suppress(queue.Empty):
                self._items.get_nowait()
            self.join(_PATIENCE_S)

    def _report(self, raw: dict[str, Any]) -> None:
        name = raw["info"]["name"] if "info" in raw else ""
        if name == "ConcurrencyLine":
            self._working = True
        elif name == "FinishedRunningStats":
            self._working = False
        if self._stopping.is_set() and name in {"LogStartLine", "LogHookStartLine"}:
            # dbt turns this into the failure of a node that it has not begun.
            raise _Stopped
        self._put(raw)

    def _put(self, item: Raw | _Exited) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(queue.Full):
                self._items.put(item, timeout=_PATIENCE_S)
                return


def _check_dbt() -> None:
    try:
        import dbt.cli.main  # noqa: F401 - asked for, to say it in our words
    except ImportError as error:
        raise EnvironmentNotReadyError(
            Problem(f"dbt cannot be imported: {error}", fix="install floe with a dbt adapter")
        ) from error


@contextlib.contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Let *wanted* be the environment for a while."""
    before = dict(os.environ)
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in wanted.keys() - before.keys():
            os.environ.pop(name, None)
        os.environ.update({name: before[name] for name in wanted.keys() & before.keys()})


@contextlib.contextmanager
def _root_logger() -> Iterator[None]:
    """Leave the root logger as it is, whatever dbt and its adapters do to it."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers


def _cancel_queries() -> None:
    from dbt.adapters.factory import FACTORY

    for adapter in list(FACTORY.adapters.values()):
        # An adapter that cannot cancel is waited for.
        with contextlib.suppress(Exception):
            if adapter.is_cancelable():
                list(adapter.cancel_open_connections())


def _close_databases() -> None:
    """Close what an adapter keeps open for the life of its process (dbt-duckdb: the file)."""
    from dbt.adapters.factory import FACTORY

    for adapter in list(FACTORY.adapters.values()):
        close = getattr(adapter.connections, "close_all_connections", None)
        if close is not None:
            close()


def _raise_in(thread: threading.Thread, error: type[BaseException]) -> None:
    identity = ctypes.c_ulong(thread.ident or 0)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(error))
