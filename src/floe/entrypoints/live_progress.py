"""Progress for a person at a terminal: what runs now below, what ended scrolls away above."""

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Event, Lock, Thread
from types import TracebackType
from typing import NamedTuple, Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from floe.domain.model.closing_account import ClosingAccount
from floe.domain.model.errors import Problem
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    LogEmitted,
    NodeFinished,
    NodeStarted,
    NodeStatus,
)
from floe.domain.model.run import RunContext
from floe.entrypoints.closing import Line, closing_lines, problem_lines
from floe.entrypoints.node_line import kind, label, node_line
from floe.entrypoints.run_lines import announced_total, is_news, title
from floe.entrypoints.terminal_text import first_line, joined, seconds, shortened

FRAMES_PER_SECOND = 8
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_NAME, _SHORT_NAME = 44, 12
_BESIDE_THE_NAME = 24
"""What else always has room in a line: the sign, the kind and the time."""
_SIGNS: Mapping[NodeStatus, tuple[str, str]] = {
    NodeStatus.SUCCESS: ("✓", "green"),
    NodeStatus.PASS: ("✓", "green"),
    NodeStatus.WARN: ("!", "yellow"),
    NodeStatus.SKIPPED: ("-", "yellow"),
    NodeStatus.NO_OP: ("·", "dim"),
}
_TROUBLE = ("✗", "bold red")
_TONES = {"plain": "", "good": "bold green", "bad": "red", "warning": "yellow", "quiet": "dim"}


class _Running(NamedTuple):
    kind: str
    label: str
    since: float
    usual: float | None


class _Screen(Console):
    """A console that falls silent when its reader is gone; rich's own ends the process."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class LiveProgress:
    """Draws at most ``FRAMES_PER_SECOND`` times a second, on a thread of its own.

    Events only leave a note, so that a slow terminal does not hold up the run.
    """

    def __init__(
        self,
        stream: TextIO,
        context: RunContext,
        graph: ProjectGraph,
        usual: Mapping[str, float],
    ) -> None:
        self._console = _Screen(file=stream, highlight=False, markup=False, emoji=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._context = context
        self._graph = graph
        self._usual = usual
        self._lock = Lock()
        self._lines: list[Text] = []
        self._running: dict[str, _Running] = {}
        self._counts: dict[NodeStatus, int] = {}
        self._total: int | None = None
        self._state = "dbt is getting ready"
        self._began = time.monotonic()
        self._over = Event()
        self._painter = Thread(target=self._paint, name="floe-progress", daemon=True)

    def __enter__(self) -> Self:
        """Show what is about to run, and begin to draw."""
        self._lines.append(Text(title(self._context), style="bold"))
        with self._silenced():
            self._live.start()
        self._painter.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Draw what is left, and give the terminal back."""
        self._stop()

    def on_event(self, event: DbtEvent) -> None:
        """Note what *event* changes; see the port."""
        total = announced_total(event)
        with self._lock:
            self._total = total or self._total
            match event:
                case NodeStarted():
                    self._state = ""
                    self._running[event.unique_id] = self._start(event)
                case NodeFinished():
                    self._running.pop(event.unique_id, None)
                    self._counts[event.status] = self._counts.get(event.status, 0) + 1
                    self._lines.append(self._finished(event))
                case LogEmitted() if is_news(event, failed=self._failures > 0):
                    self._lines.append(Text(f"   {first_line(event.text)}", style="yellow"))
                case InvocationFinished():
                    self._state = "handing over"

    def summary(self, account: ClosingAccount) -> None:
        """Print the closing summary in place of the live part."""
        self._stop()
        with self._silenced():
            self._console.print()
            self._console.print(_table(closing_lines(account)))

    def refusal(self, problems: Sequence[Problem], exit_code: int) -> None:  # noqa: ARG002 - the port's
        """Print why nothing ran."""
        self._stop()
        with self._silenced():
            self._console.print(_table(problem_lines(problems)))

    @property
    def _failures(self) -> int:
        return sum(number for status, number in self._counts.items() if status.is_failure)

    @property
    def _room_for_names(self) -> int:
        return max(_SHORT_NAME, min(_NAME, self._console.width - _BESIDE_THE_NAME))

    def _start(self, event: NodeStarted) -> _Running:
        usual = self._usual.get(event.unique_id)
        name = label(event, self._graph)
        return _Running(kind(event.resource_type), name, time.monotonic(), usual)

    def _finished(self, event: NodeFinished) -> Text:
        line = node_line(event, self._graph)
        sign, style = _SIGNS.get(line.status, _TROUBLE)
        return Text.assemble(
            (f" {sign} ", style),
            (f"{line.kind:<9} ", "dim"),
            (_padded(line.name, self._room_for_names), style if line.note else ""),
            (f"{line.took:>7}  ", "dim"),
            (f"{joined((line.amount, line.note))}", style if line.note else "dim"),
            no_wrap=True,
            overflow="ellipsis",
        )

    def _paint(self) -> None:
        while not self._over.wait(1 / FRAMES_PER_SECOND):
            self._draw()

    def _draw(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
            picture = self._picture()
        with self._silenced():
            if lines:
                self._console.print(Text("\n").join(lines), no_wrap=True, overflow="ellipsis")
            self._live.update(picture, refresh=True)

    def _stop(self) -> None:
        if not self._over.is_set():
            self._over.set()
            if self._painter.is_alive():
                self._painter.join(timeout=2)
            self._draw()
            with self._silenced():
                self._live.stop()

    @contextlib.contextmanager
    def _silenced(self) -> Iterator[None]:
        """Fall silent for good when the terminal is gone."""
        try:
            yield
        except (OSError, ValueError):
            self._console.quiet = True

    def _picture(self) -> RenderableType:
        now = time.monotonic()
        frame = _SPINNER[int((now - self._began) * FRAMES_PER_SECOND) % len(_SPINNER)]
        room = max(1, self._console.height - 4)
        shown = list(self._running.values())[:room]
        names = self._room_for_names
        rows = [_running_line(frame, running, now, names) for running in shown]
        if len(self._running) > room:
            rows.append(Text(f"   and {len(self._running) - room} more", style="dim"))
        return Group(*rows, self._bar(frame, now))

    def _bar(self, frame: str, now: float) -> RenderableType:
        done = sum(self._counts.values())
        elapsed = seconds(now - self._began)
        if not done and not self._running:
            return Text(f" {frame} {self._state}  {elapsed}", style="dim")
        bar = Table.grid(padding=(0, 1))
        total = max(self._total or 0, done, 1)
        count = f"{done}/{total}" if self._total else str(done)
        width = min(36, max(10, self._console.width - 66))
        gauge = ProgressBar(total=total, completed=done, width=width)
        waiting = "" if self._running else self._state
        said = joined((count, *self._counted(), elapsed, waiting))
        bar.add_row(Text(" "), gauge, Text(said, style="dim", no_wrap=True))
        return bar

    def _counted(self) -> tuple[str, ...]:
        skipped = self._counts.get(NodeStatus.SKIPPED, 0)
        running = len(self._running)
        said = {"running": running, "failed": self._failures, "skipped": skipped}
        return tuple(f"{number} {word}" for word, number in said.items() if number)


def _padded(name: str, room: int) -> str:
    return f"{shortened(name, room):<{room}} "


def _running_line(frame: str, running: _Running, now: float, room: int) -> Text:
    usual = f"usually {seconds(running.usual)}" if running.usual is not None else ""
    return Text.assemble(
        (f" {frame} ", "cyan"),
        (f"{running.kind:<9} ", "dim"),
        _padded(running.label, room),
        (f"{seconds(now - running.since):>7}  {usual}", "dim"),
        no_wrap=True,
        overflow="ellipsis",
    )


def _table(lines: Iterable[Line]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(min_width=11, no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        tone = _TONES[line.tone]
        table.add_row(Text(f" {line.head}", style=f"bold {tone}".strip()), Text(line.text, tone))
    return table
