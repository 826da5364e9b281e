"""JSON progress: one object a line, the last one with the exit code."""

import io
import json
from typing import Any

from floe.domain.model.errors import Problem
from floe.entrypoints.json_progress import JsonProgress
from tests.fakes import RUN_ID, context
from tests.unit.entrypoints.views import HOSTILE, A, BrokenStream, tell


def _told() -> list[dict[str, Any]]:
    stream = io.StringIO()
    tell(JsonProgress(stream, context()))
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_line_is_an_object_of_version_1_about_this_run() -> None:
    assert {(said["v"], said["run_id"]) for said in _told()} == {(1, RUN_ID)}


def test_the_story_is_told_in_order() -> None:
    assert [said["type"] for said in _told()] == [
        "run.started",
        "log",
        "node.started",
        "node.finished",
        "node.finished",
        "node.finished",
        "log",
        "run.finished",
    ]


def test_a_node_that_ended_says_everything_that_a_program_needs() -> None:
    said = _told()[3]

    assert said == {
        "v": 1,
        "type": "node.finished",
        "ts": "2026-01-02T12:00:01.000Z",
        "run_id": RUN_ID,
        "node": A,
        "kind": "model",
        "name": "a",
        "lineage_run_id": context().node_run_id(A),
        "span_id": context().node_span_id(A),
        "status": "error",
        "seconds": 1.5,
        "rows": None,
        "failures": None,
        "message": HOSTILE,
    }


def test_the_last_line_is_the_account_with_the_exit_code() -> None:
    last = _told()[-1]

    assert (last["status"], last["exit_code"]) == ("failed", 1)
    assert last["counts"] == {"model": {"error": 1, "success": 1}, "test": {"skipped": 1}}
    assert [failure["path"] for failure in last["failures"]] == ["models/a.sql"]
    assert last["deliveries"][0]["waiting"] == 2
    assert last["places"] == [{"what": "report", "where": "floe report"}]


def test_a_refusal_is_a_last_line_too() -> None:
    stream = io.StringIO()

    JsonProgress(stream, context()).refusal([Problem("wrong", "here", "do")], 2)

    said = json.loads(stream.getvalue())
    assert (said["type"], said["status"], said["exit_code"]) == ("run.finished", "refused", 2)
    assert said["problems"] == [{"what": "wrong", "where": "here", "fix": "do"}]


def test_a_closed_pipe_silences_the_view_and_stops_nothing() -> None:
    tell(JsonProgress(BrokenStream(), context()))
