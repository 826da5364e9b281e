import pytest

from floe.adapters.dbt.project_files import DiskProjectFiles
from floe.testing.dbt_project import DbtProjectFilesContract


class TestDiskProjectFiles(DbtProjectFilesContract):
    @pytest.fixture
    def files(self) -> DiskProjectFiles:
        return DiskProjectFiles()
