"""Spark on a master with two workers: by a session of its own, and by a Thrift server.

The protocol of older Databricks clusters (``http``) is that of the Thrift server behind a host
that takes a token.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.engines.connected import Connected
from tests.integration.engines.process import LOOPBACK
from tests.integration.engines.project import EngineProject, builds_well
from tests.integration.engines.signing_in import Attempt, Outcome, outcomes
from tests.integration.engines.spark_cluster import (
    VERSION,
    WORKERS,
    Cluster,
    environment,
    settings,
    tasks_by_executor,
)
from tests.integration.engines.thrift_by_http import warehouse
from tests.integration.engines.web import internet
from tests.integration.profiles.cases import CASES

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

TOKEN = f"canary-{secrets.token_hex(16)}"


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


@pytest.fixture(scope="module")
def tried(thrift: int, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    [case] = [case for case in CASES if case.id == "spark/http"]
    service = warehouse(thrift, lambda request: request.basic == ("token", TOKEN))
    folder = tmp_path_factory.mktemp("http")
    with internet(folder, {case.properties["host"]: service}) as hosts:
        return outcomes(
            folder / "all",
            {
                name: Attempt(case, {"SPARK_TOKEN": token, **hosts.environment})
                for name, token in (("http", TOKEN), ("wrong-http", "canary-wrong"))
            },
        )


def test_a_token_is_enough_by_http(tried: Mapping[str, Outcome], connected: Connected) -> None:
    assert tried["http"].well, tried["http"].said
    connected.to("spark/http", f"{VERSION} Thrift server behind a proxy")


def test_a_wrong_token_is_refused_by_http(tried: Mapping[str, Outcome]) -> None:
    assert not tried["wrong-http"].well
    assert "canary" not in tried["wrong-http"].said


def test_the_demo_builds_by_thrift(tmp_path: Path, thrift: int, connected: Connected) -> None:
    said = {
        "method": "thrift",
        "host": LOOPBACK,
        "port": thrift,
        "user": "floe",
        "schema": "by_thrift",
        "threads": 2,
        "poll_interval": 1,
    }
    canary = f"canary-{secrets.token_hex(8)}"
    project = EngineProject(tmp_path, "spark", said, {"SPARK_TOKEN": canary})

    builds_well(project, f"spark://{LOOPBACK}:{thrift}", canary, times=1)
    connected.to("spark/thrift", f"{VERSION} Thrift server, {WORKERS} workers")
