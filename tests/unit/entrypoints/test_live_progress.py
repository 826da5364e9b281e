"""The live view: what ended scrolls away above, foreign text is only text, and it lets go."""

import io
import threading
import time

import pytest

from floe.domain.model.node_event import DbtEvent
from floe.entrypoints.live_progress import LiveProgress
from floe.entrypoints.terminal_text import harmless
from tests.fakes import context, finished, started
from tests.unit.entrypoints.views import GRAPH, A, BrokenStream, tell


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and counts how often it is written to."""

    writes = 0

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LINES", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    return Terminal()


def test_what_ended_stays_and_what_runs_moves(terminal: Terminal) -> None:
    tell(LiveProgress(terminal, context(), GRAPH, {}))

    said = harmless(terminal.getvalue())
    assert "✗ model     a (view)" in said
    assert "✓ model     b (view)" in said
    assert "failed after" in said
    assert "floe run -s a+" in said


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_narrow_terminal_shortens_names_and_still_shows_times(
    columns: int, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    view = LiveProgress(terminal, context(), GRAPH, {})

    with view:
        view.on_event(finished("model.shop." + "long_" * 20, execution_time_s=1.5))

    (line,) = {
        line for line in harmless(terminal.getvalue()).splitlines() if line.startswith(" ✓ model")
    }
    assert "long_" in line
    assert "1.50s" in line
    assert len(line) <= columns


def test_foreign_text_is_neither_markup_nor_escape(terminal: Terminal) -> None:
    tell(LiveProgress(terminal, context(), GRAPH, {}))

    assert "[bold]no suchcolumn[/bold]" in terminal.getvalue()
    assert "\x1b[2J" not in terminal.getvalue()


def test_a_running_node_is_shown_with_its_usual_time(terminal: Terminal) -> None:
    view = LiveProgress(terminal, context(), GRAPH, {A: 2.5})

    with view:
        view.on_event(started(A))
        deadline = time.monotonic() + 5
        while "usually 2.50s" not in terminal.getvalue() and time.monotonic() < deadline:
            time.sleep(0.02)

    assert "usually 2.50s" in terminal.getvalue()


def test_a_burst_of_events_is_drawn_a_few_times_and_loses_no_line(terminal: Terminal) -> None:
    burst: list[DbtEvent] = [finished(f"model.shop.n{number}") for number in range(2000)]
    view = LiveProgress(terminal, context(), GRAPH, {})

    with view:
        before = time.monotonic()
        for event in burst:
            view.on_event(event)
        took = time.monotonic() - before

    assert harmless(terminal.getvalue()).count("✓ model") == 2000
    assert terminal.writes < 40 + 40 * took


def test_the_terminal_is_given_back(terminal: Terminal) -> None:
    with LiveProgress(terminal, context(), GRAPH, {}):
        pass

    said = terminal.getvalue()
    assert said.rfind("\x1b[?25h") > said.rfind("\x1b[?25l")
    assert "floe-progress" not in {thread.name for thread in threading.enumerate()}


def test_a_closed_pipe_silences_the_view_and_stops_nothing() -> None:
    tell(LiveProgress(BrokenStream(), context(), GRAPH, {}))
