"""Engines, each started once for a session and ended with it."""

from collections.abc import Iterator

import pytest

from tests.integration.engines.connected import Connected
from tests.integration.engines.postgres_server import PostgresServer, postgres_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the comparison of what is recorded be last: it asks what the others saw."""
    items.sort(key=lambda item: item.path.name == "test_recorded.py")


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
