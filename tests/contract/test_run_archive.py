from pathlib import Path

import pytest

from floe.adapters.run_archive import JsonRunArchive
from floe.ports.run_archive import RunArchive
from floe.testing.run_archive import RunArchiveContract


class TestJsonRunArchive(RunArchiveContract):
    @pytest.fixture
    def archive(self, tmp_path: Path) -> RunArchive:
        return JsonRunArchive(tmp_path / "runs")
