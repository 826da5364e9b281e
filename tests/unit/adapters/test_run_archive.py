"""The archive keeps the newest runs, privately, and is never in the way."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from floe.adapters.run_archive import JsonRunArchive
from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.run import RunSummary
from tests.fakes import NOON


def _run(number: int) -> ArchivedRun:
    start = NOON + timedelta(minutes=number)
    summary = RunSummary(
        run_id=str(UUID(int=number)),
        pipeline="shop",
        started_at=start,
        finished_at=start,
        exit_code=0,
    )
    return ArchivedRun(summary=summary)


def test_the_oldest_run_makes_room(tmp_path: Path) -> None:
    archive = JsonRunArchive(tmp_path, kept=2)

    for number in range(4):
        archive.keep(_run(number))

    assert archive.recent(9) == (_run(3), _run(2))


def test_a_file_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    archive = JsonRunArchive(tmp_path)
    archive.keep(_run(1))
    (tmp_path / "20990101T000000000000-x.json").write_text("{")

    assert archive.recent(1) == (_run(1),)


def test_only_its_owner_reads_a_run(tmp_path: Path) -> None:
    JsonRunArchive(tmp_path / "runs").keep(_run(1))

    kept = next((tmp_path / "runs").iterdir())
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_directory_that_cannot_be_made_only_forgets(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    archive = JsonRunArchive(in_the_way / "runs")

    archive.keep(_run(1))

    assert archive.recent(1) == ()
