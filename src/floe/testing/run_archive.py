"""What every run archive promises; inherit, and give it an empty archive."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.run import RunSummary
from floe.ports.run_archive import RunArchive

_NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def _run(number: int, pipeline: str = "shop") -> ArchivedRun:
    start = _NOON + timedelta(minutes=number)
    return ArchivedRun(
        summary=RunSummary(
            run_id=str(UUID(int=number)),
            pipeline=pipeline,
            started_at=start,
            finished_at=start + timedelta(seconds=5),
            exit_code=0,
        )
    )


class RunArchiveContract:
    """Tests for any ``RunArchive``."""

    @pytest.fixture
    def archive(self) -> RunArchive:
        """Return an archive that keeps nothing yet."""
        raise NotImplementedError

    def test_an_empty_archive_has_no_runs(self, archive: RunArchive) -> None:
        """Nothing kept, nothing returned."""
        assert archive.recent(5) == ()
        assert archive.read(str(UUID(int=1))) is None

    def test_what_was_kept_is_read_back_equal(self, archive: RunArchive) -> None:
        """A run survives the archive."""
        archive.keep(_run(1))

        assert archive.read(str(UUID(int=1))) == _run(1)

    def test_the_newest_run_comes_first(self, archive: RunArchive) -> None:
        """The order is that of the runs' starts, not that of keeping."""
        for number in (2, 1, 3):
            archive.keep(_run(number))

        assert archive.recent(2) == (_run(3), _run(2))

    def test_the_same_run_again_replaces_what_was_kept(self, archive: RunArchive) -> None:
        """There is one account of each run."""
        archive.keep(_run(1))
        archive.keep(_run(1, pipeline="other"))

        assert archive.recent(5) == (_run(1, pipeline="other"),)
