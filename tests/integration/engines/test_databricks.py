"""Databricks' own adapter and connector, with a Spark Thrift server behind a proxy."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.engines.connected import Connected
from tests.integration.engines.databricks_proxy import HTTP_PATH, databricks_proxy
from tests.integration.engines.process import LOOPBACK
from tests.integration.engines.project import EngineProject
from tests.integration.engines.spark_cluster import VERSION

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

TOKEN = f"canary-{secrets.token_hex(16)}"


@pytest.fixture(scope="module")
def port(thrift: int) -> Iterator[int]:
    with databricks_proxy(thrift, TOKEN) as listening:
        yield listening


def project(folder: Path, port: int, token: str) -> EngineProject:
    address = f"http://{LOOPBACK}:{port}"
    said = {
        "host": address,
        "http_path": HTTP_PATH,
        "schema": "by_databricks",
        "connection_parameters": {"_connection_uri": f"{address}{HTTP_PATH}"},
        "connect_retries": 0,
    }
    return EngineProject(folder, "databricks", said, {"DATABRICKS_TOKEN": token})


def test_a_token_is_enough(tmp_path: Path, port: int, connected: Connected) -> None:
    shop = project(tmp_path, port, TOKEN)

    ended = shop.sign_in()

    assert ended.code == 0, ended.out + ended.err
    assert list(shop.traces_of(TOKEN, ended)) == []
    connected.to("databricks/token", f"{VERSION} Thrift server behind a proxy")


def test_a_wrong_token_is_refused_and_not_repeated(tmp_path: Path, port: int) -> None:
    shop = project(tmp_path, port, "canary-wrong")

    ended = shop.sign_in()

    assert ended.code == 3
    assert "connected well" not in ended.out
    assert list(shop.traces_of("canary-wrong", ended)) == []
