"""The manifest reader keeps the promises of its port."""

import pytest

from floe.adapters.dbt.manifest import JsonManifestReader
from floe.ports.manifest_reader import ManifestReader
from floe.testing.manifest_reader import ManifestReaderContract


class TestJsonManifestReader(ManifestReaderContract):
    @pytest.fixture
    def reader(self) -> ManifestReader:
        return JsonManifestReader()
