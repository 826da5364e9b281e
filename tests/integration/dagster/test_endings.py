"""However a run ends, by whatever executor: dbt is gone and each run of lineage has one end."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from floe.testing.openlineage_rules import breaches
from tests.integration.dagster.endless_project import FILES
from tests.integration.dagster.runs_in_processes import (
    PATIENCE_S,
    Location,
    one_trace_under_one_run,
    parent_of,
    wait_until,
)
from tests.integration.dbt.projects import write
from tests.integration.main_job.conftest import Shop

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

SPLITS = {"in_process": "none", "multiprocess": "node"}


@pytest.fixture(params=SPLITS)
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    return Location(write(tmp_path, FILES), SPLIT=SPLITS[request.param])


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Give a folder for temporary files with a name that a socket's address has room for."""
    with tempfile.TemporaryDirectory(prefix="floe-") as name:
        yield Path(name)


def test_a_run_that_is_cancelled(location: Location) -> None:
    process = location.start("key:endless")
    try:
        wait_until(lambda: "START" in location.states_of("endless"), location.said)
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
    finally:
        process.kill()

    assert location.dbts() == []
    assert breaches(location.shop.events) == []
    assert location.states_of("endless") == ["START", "ABORT"]


def test_a_process_that_runs_a_step_is_killed(location: Location, temporary: Path) -> None:
    process = location.start("key:endless", TMPDIR=str(temporary))
    try:
        wait_until(lambda: "START" in location.states_of("endless"), location.said)
        (dbt,) = location.dbts()
        os.kill(parent_of(dbt), signal.SIGKILL)
        process.wait(PATIENCE_S)
    finally:
        process.kill()

    wait_until(lambda: location.processes() == {}, location.processes)
    assert location.states_of("endless") == ["START"]
    assert len(list(temporary.glob("floe-target-*"))) == 1
    assert location.run("key:raw", TMPDIR=str(temporary)) == 0, location.said()
    assert breaches(location.shop.events) == []
    assert location.states_of("endless") == ["START", "ABORT"]
    assert list(temporary.glob("floe-target-*")) == []


def test_the_process_that_executes_the_steps_is_killed(tmp_path: Path) -> None:
    location = Location(write(tmp_path, FILES), SPLIT="node")
    process = location.start("key:endless")
    try:
        wait_until(lambda: "START" in location.states_of("endless"), location.said)
    finally:
        process.kill()
    process.wait(PATIENCE_S)

    wait_until(lambda: location.processes() == {}, location.processes)
    assert breaches(location.shop.events) == []
    assert location.states_of("endless") == ["START", "ABORT"]


def test_dbt_is_killed(location: Location) -> None:
    process = location.start("key:endless")
    try:
        wait_until(lambda: "START" in location.states_of("endless"), location.said)
        (dbt,) = location.dbts()
        os.kill(dbt, signal.SIGKILL)
        code = process.wait(PATIENCE_S)
    finally:
        process.kill()

    assert code != 0
    assert "died" in location.said()
    wait_until(lambda: location.processes() == {}, location.processes)
    assert breaches(location.shop.events) == []
    assert location.states_of("endless")[0] == "START"


def test_a_step_that_is_tried_again(location: Location) -> None:
    assert location.run("key:raw") == 0, location.said()

    assert location.run("key:broken", RETRIES="1") != 0

    assert location.states_of("broken") == ["START", "FAIL", "START", "FAIL"]
    assert breaches(location.shop.events) == []
    traces, roots = one_trace_under_one_run(location)
    assert (len(traces), len(roots)) == (2, 2)


def test_what_a_killed_run_left_is_ended_by_a_command_too(tmp_path: Path) -> None:
    location = Location(write(tmp_path, FILES), SPLIT="none")
    process = location.start("key:endless")
    wait_until(lambda: "START" in location.states_of("endless"), location.said)
    process.kill()
    process.wait(PATIENCE_S)
    wait_until(lambda: location.processes() == {}, location.processes)

    ended = Shop(tmp_path).floe("lineage", "replay")

    assert ended.code == 0, ended.err
    assert breaches(location.shop.events) == []
