"""Engines, each started once for a session and ended with it."""

import secrets
import signal
from collections.abc import Iterator

import pytest

from tests.integration.engines.connected import Connected
from tests.integration.engines.directory import directory
from tests.integration.engines.postgres_server import PostgresServer, postgres_server
from tests.integration.engines.spark_cluster import (
    Cluster,
    ThriftServer,
    cluster,
    settings,
    thrift_server,
    why_not,
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the comparison of what is recorded be last: it asks what the others saw."""
    items.sort(key=lambda item: item.path.name == "test_recorded.py")


@pytest.fixture(scope="session", autouse=True)
def ends_in_order() -> Iterator[None]:
    """Let SIGTERM end the session as an interrupt does, so that no engine is left behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def connected() -> Iterator[Connected]:
    record = Connected()
    yield record
    if record.is_recording:
        record.write()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with cluster(tmp_path_factory.mktemp("spark")) as made:
        yield made


@pytest.fixture(scope="session")
def thrift(spark: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThriftServer]:
    """Give a Thrift server that asks for a password; it has one of two places on each worker."""
    folder = tmp_path_factory.mktemp("thrift")
    user, password = "floe", f"canary-{secrets.token_hex(16)}"
    with (
        directory(user, password) as users,
        thrift_server(settings(spark.master, folder), folder, users=users) as port,
    ):
        yield ThriftServer(port, user, password, folder)
