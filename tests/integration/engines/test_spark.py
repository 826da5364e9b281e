"""Spark on a master with two workers: by a session of its own, and by a Thrift server."""

import secrets
from pathlib import Path

import pytest

from tests.integration.engines.connected import Connected
from tests.integration.engines.process import LOOPBACK
from tests.integration.engines.project import EngineProject, builds_well
from tests.integration.engines.spark_cluster import (
    VERSION,
    WORKERS,
    Cluster,
    environment,
    settings,
    tasks_by_executor,
)

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


def test_the_demo_builds_in_a_session_on_two_workers(
    tmp_path: Path, spark: Cluster, connected: Connected
) -> None:
    given = settings(spark, tmp_path)
    del given["spark.master"]
    said = {
        "method": "session",
        "schema": "by_session",
        "master": spark.master,
        "configurations": given,
        "threads": 2,
    }
    canary = f"canary-{secrets.token_hex(8)}"
    environ = environment() | {"SPARK_TOKEN": canary}
    project = EngineProject(tmp_path, "spark", said, environ)

    builds_well(project, "spark://localhost", canary, times=1)

    tasks = tasks_by_executor(tmp_path)
    assert sum(count > 0 for count in tasks.values()) == WORKERS, tasks
    assert "driver" not in tasks
    connected.to("spark/session", f"{VERSION}, {WORKERS} workers")


def test_the_thrift_server_lets_in_whoever_asks(
    tmp_path: Path, thrift: int, connected: Connected
) -> None:
    said = {
        "method": "thrift",
        "host": LOOPBACK,
        "port": thrift,
        "user": "floe",
        "schema": "by_thrift",
    }
    project = EngineProject(tmp_path, "spark", said, {})

    ended = project.sign_in()

    assert ended.code == 0, ended.out + ended.err
    connected.to("spark/thrift", f"{VERSION} Thrift server, {WORKERS} workers")
