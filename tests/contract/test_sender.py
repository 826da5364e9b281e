from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.delivery.sender import BackgroundSender
from floe.adapters.delivery.sqlite_outbox import SqliteOutbox
from floe.ports.deliverer import Deliverer
from floe.ports.outbox import Outbox
from floe.ports.sender import Sender
from floe.testing.sender import SenderContract


class TestBackgroundSenderOnDisk(SenderContract):
    @pytest.fixture
    def make(self) -> Callable[[Outbox, Mapping[str, Deliverer]], Sender]:
        return BackgroundSender

    @pytest.fixture
    def outbox(self, tmp_path: Path) -> Outbox:
        return SqliteOutbox(tmp_path / "state")


class TestBackgroundSenderInMemory(SenderContract):
    @pytest.fixture
    def make(self) -> Callable[[Outbox, Mapping[str, Deliverer]], Sender]:
        return BackgroundSender

    @pytest.fixture
    def outbox(self) -> Outbox:
        return MemoryOutbox()
