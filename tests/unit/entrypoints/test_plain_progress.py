"""Plain progress: stable lines, no escapes, and a sign of life in a long silence."""

import io
import time

from floe.domain.model.errors import Problem
from floe.domain.model.node_event import NodeStatus
from floe.entrypoints.plain_progress import PlainProgress
from tests.fakes import context, finished, started
from tests.unit.entrypoints.views import GRAPH, STORY, A, BrokenStream, tell


def _lines(view_of: io.StringIO) -> list[str]:
    return view_of.getvalue().splitlines()


def test_each_node_that_ended_gets_one_line() -> None:
    stream = io.StringIO()

    tell(PlainProgress(stream, context(target="duckdb", target_name="dev"), GRAPH))

    assert _lines(stream)[:5] == [
        "floe run · shop · duckdb:dev · direct · run 00000000",
        "          a deprecated thing",
        f"      1/3 ERROR   model     {'a (view)':<44} 1.50s · [bold]no suchcolumn[/bold]",
        f"      2/3 skip    test      {'unique_a':<44}".rstrip(),
        f"      3/3 ok      model     {'b (view)':<44} 0.25s · 1,234 rows",
    ]


def test_the_summary_says_what_failed_where_to_look_and_what_to_run_again() -> None:
    stream = io.StringIO()

    tell(PlainProgress(stream, context(), GRAPH))

    assert _lines(stream)[6:] == [
        "shop       failed after 0.00s: 1 of 2 nodes, 1 skipped",
        "ran        2 models (1 in error) · 1 test (1 skipped)",
        "failed     model a  models/a.sql",
        "             [bold]no suchcolumn[/bold]",
        "slowest    a 1.50s · b 0.25s",
        "lineage    4 delivered, 2 waiting (refused)",
        "lost       1 payload could not be kept",
        "report     floe report",
        "again      floe run -s a+",
    ]


def test_a_long_silence_is_broken_by_what_is_running() -> None:
    stream = io.StringIO()
    view = PlainProgress(stream, context(), GRAPH, heartbeat_s=0.05)

    with view:
        view.on_event(started(A))
        deadline = time.monotonic() + 5
        while "running: a (view)" not in stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)

    assert "running: a (view)" in stream.getvalue()


def test_a_closed_pipe_silences_the_view_and_stops_nothing() -> None:
    tell(PlainProgress(BrokenStream(), context(), GRAPH))


def test_a_narrow_encoding_costs_letters_only() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")

    tell(PlainProgress(stream, context(), GRAPH))

    stream.flush()
    assert b"floe run ? shop" in raw.getvalue()


def test_a_refusal_says_what_is_wrong_where_and_how_to_put_it_right() -> None:
    stream = io.StringIO()
    view = PlainProgress(stream, context(), GRAPH)

    view.refusal([Problem("no such target", "floe.yaml: compute", "use duckdb")], 2)

    assert _lines(stream) == [
        "error      floe.yaml: compute: no such target",
        "fix        use duckdb",
    ]


def test_the_story_leaves_no_thread_behind() -> None:
    view = PlainProgress(io.StringIO(), context(), GRAPH)

    with view:
        view.on_event(STORY[0])

    assert not view._pulse.is_alive()


def test_the_line_of_a_failure_says_what_is_wrong_and_not_where_again() -> None:
    message = "Runtime Error in model a (models/a.sql)\n  Binder Error: no column x\n  LINE 3"
    stream = io.StringIO()
    view = PlainProgress(stream, context(), GRAPH)

    view.on_event(finished(A, status=NodeStatus.ERROR, message=message))
    view.on_event(finished(A, status=NodeStatus.ERROR, message="Runtime Error"))

    assert [line.rsplit("· ", maxsplit=1)[-1] for line in _lines(stream)] == [
        "Binder Error: no column x",
        "Runtime Error",
    ]
