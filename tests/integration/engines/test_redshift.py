"""Redshift's own adapter and connector, with PostgreSQL behind a proxy in Redshift's place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.engines.connected import Connected
from tests.integration.engines.postgres_server import BY_MD5, VERSION, PostgresServer
from tests.integration.engines.process import LOOPBACK
from tests.integration.engines.project import EngineProject, builds_well
from tests.integration.engines.redshift_proxy import CATALOG, redshift_proxy

pytestmark = pytest.mark.engine

WAREHOUSE = "as_redshift"


@pytest.fixture(scope="module")
def port(postgres: PostgresServer) -> Iterator[int]:
    postgres.execute(f"create database {WAREHOUSE}")
    postgres.execute(*CATALOG, database=WAREHOUSE)
    with redshift_proxy(postgres.port) as listening:
        yield listening


def project(folder: Path, port: int, password: str) -> EngineProject:
    said = {
        "host": LOOPBACK,
        "port": port,
        "user": BY_MD5,
        "database": WAREHOUSE,
        "schema": "as_redshift",
        "sslmode": "disable",
        "threads": 2,
    }
    return EngineProject(folder, "redshift", said, {"REDSHIFT_PASSWORD": password})


def test_the_demo_builds_with_a_password(
    tmp_path: Path, port: int, postgres: PostgresServer, connected: Connected
) -> None:
    shop = project(tmp_path, port, postgres.password)

    builds_well(shop, f"redshift://{LOOPBACK}:{port}", postgres.password)
    connected.to("redshift/database", f"{VERSION} behind a proxy")


def test_a_wrong_password_is_refused_and_not_repeated(tmp_path: Path, port: int) -> None:
    shop = project(tmp_path, port, "canary-wrong")

    ended = shop.sign_in()

    assert ended.code == 3
    assert "password authentication failed" in ended.out + ended.err
    assert list(shop.traces_of("canary-wrong", ended)) == []
