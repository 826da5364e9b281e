"""What every report writer promises; inherit, and give it a writer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.errors import EnvironmentNotReadyError
from floe.domain.model.run import RunSummary
from floe.ports.report import ReportWriter

_NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
_RUN = ArchivedRun(
    summary=RunSummary(
        run_id=str(UUID(int=1)),
        pipeline="shop",
        started_at=_NOON,
        finished_at=_NOON + timedelta(seconds=5),
        exit_code=0,
    )
)


class ReportWriterContract:
    """Tests for any ``ReportWriter``."""

    @pytest.fixture
    def writer(self) -> ReportWriter:
        """Return a writer."""
        raise NotImplementedError

    def test_the_page_is_where_the_writer_says(self, writer: ReportWriter, tmp_path: Path) -> None:
        """Missing folders are made, and the path is absolute."""
        written = writer.write(_RUN, tmp_path / "new" / "report.html")

        assert written.is_absolute()
        assert "shop" in written.read_text(encoding="utf-8")

    def test_a_second_page_takes_the_place_of_the_first(
        self, writer: ReportWriter, tmp_path: Path
    ) -> None:
        """Nothing is left over from the first."""
        for _ in range(2):
            writer.write(_RUN, tmp_path / "report.html")

        assert [path.name for path in tmp_path.iterdir()] == ["report.html"]

    def test_a_path_that_takes_no_file_is_an_environment_that_is_not_ready(
        self, writer: ReportWriter, tmp_path: Path
    ) -> None:
        """The error names the path."""
        in_the_way = tmp_path / "file"
        in_the_way.write_text("")

        with pytest.raises(EnvironmentNotReadyError, match="file"):
            writer.write(_RUN, in_the_way / "report.html")
