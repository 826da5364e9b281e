"""Spark on a master with two workers: by a session of its own, and by a Thrift server.

The Thrift server asks for passwords, which a directory of users knows. The protocol of older
Databricks clusters (``http``) is that of the same server behind a host that takes a token. A
second one asks nobody who he is.
"""

import dataclasses
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
    ThriftServer,
    environment,
    settings,
    tasks_by_executor,
    thrift_server,
)
from tests.integration.engines.thrift_by_http import warehouse
from tests.integration.engines.web import internet
from tests.integration.profiles.cases import CASES, Case, ref

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

CASE = {case.name or case.method: case for case in CASES if case.target == "spark"}
BY_PASSWORD = f"{VERSION} Thrift server, {WORKERS} workers, with a directory of users"
TOKEN = f"canary-{secrets.token_hex(16)}"


def test_the_demo_builds_in_a_session_on_two_workers(
    tmp_path: Path, spark: Cluster, connected: Connected
) -> None:
    given = settings(spark.master, tmp_path)
    del given["spark.master"]
    said = {
        "method": "session",
        "schema": "by_session",
        "master": spark.master,
        "configurations": {**given, "spark.hadoop.fs.s3a.secret.key": ref("LAKE_SECRET")},
        "threads": 2,
    }
    canary = f"canary-{secrets.token_hex(8)}"
    environ = environment() | {"LAKE_SECRET": canary}
    project = EngineProject(tmp_path, "spark", said, environ)
    project.searched = [tmp_path, spark.folder]

    builds_well(project, "spark://localhost", canary, times=1)

    tasks = tasks_by_executor(tmp_path)
    assert sum(count > 0 for count in tasks.values()) == WORKERS, tasks
    assert "driver" not in tasks
    connected.to("spark/session", f"{VERSION}, {WORKERS} workers")


@pytest.fixture(scope="module")
def tried(thrift: ThriftServer, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    """Return what came of each way to sign in to a server, right and wrong."""
    folder = tmp_path_factory.mktemp("ways")
    by_token = CASE["http"]
    service = warehouse(thrift, lambda request: request.basic == ("token", TOKEN))
    with (
        internet(folder, {by_token.properties["host"]: service}) as hosts,
        thrift_server(settings("local[1]", folder), folder) as open_port,
    ):

        def attempts(token: str, password: str) -> dict[str, Attempt]:
            known = {"SPARK_USER": thrift.user, "SPARK_PASSWORD": password}
            return {
                "http": Attempt(by_token, {"SPARK_TOKEN": token, **hosts.environment}),
                "thrift-password": Attempt(on_port("thrift-password", thrift.port), known),
            }

        return outcomes(
            folder / "all",
            {
                "thrift": Attempt(on_port("thrift", open_port), {}),
                **attempts(TOKEN, thrift.password),
            },
            attempts("canary-wrong", "canary-wrong"),
        )


def on_port(way: str, port: int) -> Case:
    """Return the example of *way* with a server on *port* of the loopback."""
    here = {**CASE[way].properties, "host": LOOPBACK, "port": port}
    return dataclasses.replace(CASE[way], properties=here)


@pytest.mark.parametrize(
    ("way", "engine"),
    [
        ("http", f"{VERSION} Thrift server behind a proxy"),
        ("thrift", f"{VERSION} Thrift server"),
        ("thrift-password", BY_PASSWORD),
    ],
)
def test_dbt_signs_in_by(
    way: str, engine: str, tried: Mapping[str, Outcome], connected: Connected
) -> None:
    assert tried[way].well, tried[way].said
    connected.to(f"spark/{way}", engine)


@pytest.mark.parametrize("way", ["http", "thrift-password"])
def test_what_is_wrong_is_refused_by(way: str, tried: Mapping[str, Outcome]) -> None:
    outcome = tried[f"wrong-{way}"]

    assert not outcome.well
    assert "canary" not in outcome.said


def test_the_demo_builds_by_thrift(
    tmp_path: Path, thrift: ThriftServer, connected: Connected
) -> None:
    said = {
        "method": "thrift",
        "host": LOOPBACK,
        "port": thrift.port,
        "auth": "LDAP",
        "user": thrift.user,
        "schema": "by_thrift",
        "threads": 2,
        "poll_interval": 1,
    }
    project = EngineProject(tmp_path, "spark", said, {"SPARK_PASSWORD": thrift.password})
    project.searched.append(thrift.folder)

    builds_well(project, f"spark://{LOOPBACK}:{thrift.port}", thrift.password, times=1)
    connected.to("spark/thrift-password", BY_PASSWORD)
