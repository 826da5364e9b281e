from collections.abc import Callable
from pathlib import Path

import pytest

from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.delivery.sqlite_outbox import SqliteOutbox
from floe.ports.outbox import Outbox
from floe.testing.outbox import OutboxContract
from floe.testing.outbox_upkeep import OutboxUpkeepContract, Store


class TestSqliteOutbox(OutboxContract):
    @pytest.fixture
    def make(self, tmp_path: Path) -> Callable[..., Outbox]:
        return lambda **choices: SqliteOutbox(tmp_path / "state", **choices)


class TestMemoryOutbox(OutboxContract):
    @pytest.fixture
    def make(self) -> Callable[..., Outbox]:
        return MemoryOutbox


class TestSqliteUpkeep(OutboxUpkeepContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return SqliteOutbox(tmp_path / "state", chance=lambda: 1.0)


class TestMemoryUpkeep(OutboxUpkeepContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryOutbox(chance=lambda: 1.0)
