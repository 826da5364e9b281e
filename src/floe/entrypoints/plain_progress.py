"""Progress for logs and pipes: one stable line for each node that ended, nothing that moves."""

import time
from collections.abc import Sequence
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self, TextIO

from floe.domain.model.closing_account import ClosingAccount
from floe.domain.model.errors import Problem
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent, LogEmitted, NodeFinished, NodeStarted
from floe.domain.model.run import RunContext
from floe.entrypoints.closing import Line, closing_lines, problem_lines
from floe.entrypoints.node_line import label, node_line
from floe.entrypoints.run_lines import announced_total, is_news, title
from floe.entrypoints.terminal_text import first_line, harmless, joined, seconds

HEARTBEAT_S = 30.0
_HEAD = 10


class PlainProgress:
    """Writes lines; a silence of *heartbeat_s* seconds is broken by saying what is running."""

    def __init__(
        self,
        stream: TextIO,
        context: RunContext,
        graph: ProjectGraph,
        *,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._stream: TextIO | None = stream
        self._context = context
        self._graph = graph
        self._heartbeat_s = heartbeat_s
        self._lock = Lock()
        self._running: dict[str, tuple[str, float]] = {}
        self._done = 0
        self._failed = False
        self._total: int | None = None
        self._spoke_at = time.monotonic()
        self._over = Event()
        self._pulse = Thread(target=self._keep_talking, name="floe-heartbeat", daemon=True)

    def __enter__(self) -> Self:
        """Say what is about to run."""
        self._say(title(self._context))
        self._pulse.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the heartbeat."""
        self._over.set()
        if self._pulse.is_alive():
            self._pulse.join(timeout=1)

    def on_event(self, event: DbtEvent) -> None:
        """Write a line for a node that ended and for a warning; see the port."""
        self._total = announced_total(event) or self._total
        match event:
            case NodeStarted():
                with self._lock:
                    self._running[event.unique_id] = label(event, self._graph), time.monotonic()
            case NodeFinished():
                with self._lock:
                    self._running.pop(event.unique_id, None)
                    self._done += 1
                    self._failed = self._failed or event.status.is_failure
                self._say(self._finished(event))
            case LogEmitted() if is_news(event, failed=self._failed):
                self._say(f"{'':{_HEAD}}{first_line(event.text)}")

    def summary(self, account: ClosingAccount) -> None:
        """Write the closing summary."""
        self._say("")
        for line in closing_lines(account):
            self._say(as_text(line))

    def refusal(self, problems: Sequence[Problem], exit_code: int) -> None:  # noqa: ARG002 - the port's
        """Write why nothing ran."""
        for line in problem_lines(problems):
            self._say(as_text(line))

    def _finished(self, event: NodeFinished) -> str:
        line = node_line(event, self._graph)
        place = f"{self._done}/{max(self._total, self._done)}" if self._total else str(self._done)
        tail = joined((line.took, line.amount, line.note))
        return f"{place:>9} {line.word:<7} {line.kind:<9} {line.name:<44} {tail}".rstrip()

    def _keep_talking(self) -> None:
        while not self._over.wait(min(1.0, self._heartbeat_s / 4)):
            if time.monotonic() - self._spoke_at >= self._heartbeat_s:
                now = time.monotonic()
                with self._lock:
                    running = [f"{name} {seconds(now - at)}" for name, at in self._running.values()]
                self._say(f"{'':{_HEAD}}running: {joined(running) or 'dbt is getting ready'}")

    def _say(self, text: str) -> None:
        self._spoke_at = time.monotonic()
        stream = self._stream
        if stream is None:
            return
        encoding = getattr(stream, "encoding", None) or "utf-8"
        try:
            with self._lock:
                stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
                stream.flush()
        except (OSError, ValueError):
            self._stream = None


def as_text(line: Line) -> str:
    """Return a line of the summary as plain text, heads aligned."""
    return harmless(f"{line.head:<{_HEAD}} {line.text}").rstrip()
