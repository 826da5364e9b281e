"""Runs in processes of their own: told to stop, or in several steps at once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.adapters.dagster.projects import layered, manifest_of, model, write

pytestmark = [pytest.mark.engine]

ROOT = Path(__file__).parents[3]
DAGSTER = str(Path(sys.executable).with_name("dagster"))
PATIENCE_S = 120.0


@pytest.fixture
def location(tmp_path: Path) -> Path:
    """Return a directory with a manifest of 400 models and a dbt that never stops."""
    manifest = layered(400)
    manifest["nodes"] = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] != "test"
    }
    write(manifest, tmp_path)
    executable(tmp_path, ROOT / "tests/integration/dagster/busy_dbt.py")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return tmp_path


def executable(directory: Path, script: Path) -> None:
    path = directory / "dbt"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n', encoding="utf-8")
    path.chmod(0o755)


def start(location: Path, **environment: str) -> "subprocess.Popen[bytes]":
    module = "tests.integration.dagster.busy_location"
    with (location / "out").open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - dagster of this environment
            [DAGSTER, "asset", "materialize", "--select", "*", "-m", module],
            cwd=ROOT,
            env={
                **os.environ,
                "DAGSTER_HOME": str(location / "home"),
                "BUSY_DIR": str(location),
                "BUSY_PID": str(location / "pid"),
                "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}",
                **environment,
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def told(location: Path) -> list[dict[str, Any]]:
    path = location / "lineage.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "zombie" not in status.read_text(encoding="utf-8")


@pytest.mark.parametrize("after_nodes", [5, 100])
def test_a_busy_run_that_is_told_to_stop_leaves_no_dbt_and_no_open_run(
    location: Path, after_nodes: int
) -> None:
    process = start(location)
    try:
        wait_until(lambda: len(told(location)) > 2 * after_nodes or process.poll() is not None)
        assert process.poll() is None, (location / "out").read_text(encoding="utf-8")

        process.send_signal(signal.SIGTERM)

        process.wait(PATIENCE_S)
    finally:
        process.kill()
    pid = int((location / "pid").read_text(encoding="utf-8"))
    wait_until(lambda: not is_alive(pid))
    lives = told(location)
    started = {line["run"] for line in lives if line["state"] == "START"}
    ended = [line["run"] for line in lives if line["state"] != "START"]
    assert sorted(ended) == sorted(started)
    assert lives[-1]["is_invocation"]
    assert lives[-1]["state"] == "ABORT"


QUICK_DBT = r"""
import re, sys
from tests.integration.dagster import busy_dbt
busy_dbt.say("MainReportVersion", version="=1.11.0")
for number in map(int, re.findall(r"fqn:shop\.model_(\d+)", " ".join(sys.argv))):
    done = busy_dbt.node(number, "success")
    busy_dbt.say("LogStartLine", node_info=busy_dbt.node(number, "started"))
    busy_dbt.say("LogModelResult", node_info=done, status="OK", execution_time=0.0)
    result = {"status": "success", "message": "OK", "execution_time": 0.0, "thread": "t"}
    busy_dbt.say("NodeFinished", "debug", node_info=done, run_result=result)
"""


def test_steps_in_processes_of_their_own_are_one_trace_under_one_run(location: Path) -> None:
    parents = ["model.shop.model_00000"]
    write(manifest_of(model("model_00000"), model("model_00001", *parents)), location)
    script = location / "quick_dbt.py"
    script.write_text(QUICK_DBT, encoding="utf-8")
    executable(location, script)

    process = start(location, BUSY_SPLIT="node")
    code = process.wait(PATIENCE_S)

    assert code == 0, (location / "out").read_text(encoding="utf-8")
    lives = told(location)
    assert len({line["trace"] for line in lives}) == 1
    assert len({line["root"] for line in lives}) == 1
    assert len({line["run"] for line in lives if line["is_invocation"]}) == 2
    assert len({line["run"] for line in lives if not line["is_invocation"]}) == 2
    assert "STEP_WORKER_STARTED" in (location / "out").read_text(encoding="utf-8")
