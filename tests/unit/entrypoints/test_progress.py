"""Which view is chosen, and what it takes from dbt."""

import io

import pytest

from floe.domain.model.node_event import LogEmitted
from floe.entrypoints.json_progress import JsonProgress
from floe.entrypoints.live_progress import LiveProgress
from floe.entrypoints.plain_progress import PlainProgress
from floe.entrypoints.progress import Output, default_output, progress_view
from floe.entrypoints.run_lines import announced_total, is_news
from tests.fakes import NOON, context, started
from tests.unit.entrypoints.views import GRAPH


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("output", "kind"), [("rich", LiveProgress), ("plain", PlainProgress), ("json", JsonProgress)]
)
def test_the_view_is_the_one_that_was_asked_for(output: Output, kind: type) -> None:
    view = progress_view(output, io.StringIO(), context=context(), graph=GRAPH)

    assert isinstance(view, kind)


def test_a_stream_that_cannot_draw_gets_plain_lines() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")

    view = progress_view("rich", stream, context=context(), graph=GRAPH)

    assert isinstance(view, PlainProgress)


def test_a_person_at_a_terminal_gets_the_live_view() -> None:
    assert default_output(Terminal(), {"TERM": "xterm"}) == "rich"


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"CI": "true"}])
def test_a_job_or_a_dumb_terminal_gets_plain_lines(environ: dict[str, str]) -> None:
    assert default_output(Terminal(), environ) == "plain"


def test_a_pipe_gets_plain_lines() -> None:
    assert default_output(io.StringIO(), {}) == "plain"


def test_the_total_is_what_dbt_announces() -> None:
    assert announced_total(started("model.shop.a", raw={"data": {"total": 7}})) == 7
    assert announced_total(started("model.shop.a", raw={"data": {"total": "7"}})) is None
    assert announced_total(started("model.shop.a")) is None


def test_an_error_is_news_until_a_node_has_failed() -> None:
    error = LogEmitted(at=NOON, level="error", text="no")

    assert is_news(error, failed=False)
    assert not is_news(error, failed=True)
    assert not is_news(error.model_copy(update={"unique_id": "model.shop.a"}), failed=False)
    assert not is_news(error.model_copy(update={"level": "info"}), failed=False)
