"""Spark on a master with two workers: by a session of its own, and by a Thrift server.

The protocol of older Databricks clusters (``http``) is that of the Thrift server behind a host
that takes a token. Passwords are asked for by another one, which has a directory of users.
"""

import dataclasses
import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.engines.connected import Connected
from tests.integration.engines.directory import BASE, directory
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
    thrift_server,
)
from tests.integration.engines.thrift_by_http import warehouse
from tests.integration.engines.web import internet
from tests.integration.profiles.cases import CASES

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

CASE = {case.name or case.method: case for case in CASES if case.target == "spark"}
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
    """Return what came of each way that needs a server of its own kind, right and wrong."""
    folder = tmp_path_factory.mktemp("ways")
    by_token, by_password = CASE["http"], CASE["thrift-password"]
    service = warehouse(thrift, lambda request: request.basic == ("token", TOKEN))
    with (
        internet(folder, {by_token.properties["host"]: service}) as hosts,
        directory("floe", TOKEN) as address,
        thrift_server(
            settings("local[1]", folder),
            folder,
            authentication="LDAP",
            authentication_ldap_url=address,
            authentication_ldap_baseDN=BASE,
        ) as port,
    ):
        here = {**by_password.properties, "host": LOOPBACK, "port": port}
        there = dataclasses.replace(by_password, properties=here)
        return outcomes(
            folder / "all",
            {
                f"{name}{way}": attempt
                for name, said in (("", TOKEN), ("wrong-", "canary-wrong"))
                for way, attempt in {
                    "http": Attempt(by_token, {"SPARK_TOKEN": said, **hosts.environment}),
                    "thrift-password": Attempt(
                        there, {"SPARK_USER": "floe", "SPARK_PASSWORD": said}
                    ),
                }.items()
            },
        )


@pytest.mark.parametrize(
    ("way", "engine"),
    [
        ("http", f"{VERSION} Thrift server behind a proxy"),
        ("thrift-password", f"{VERSION} Thrift server, with a directory of users"),
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
