"""A page is about the run that was asked for, beside those before it."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.errors import ConfigurationError
from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.run import RunSummary
from floe.domain.use_cases.write_report import write_report
from tests.fakes import NOON

PAGE = Path("/page.html")
EMPTY = ProjectGraph(project_name="shop", adapter_type="duckdb", nodes={})


def run_at(hours: int) -> ArchivedRun:
    start = NOON + timedelta(hours=hours)
    return ArchivedRun(
        summary=RunSummary(
            run_id=f"run-{hours}",
            pipeline="shop",
            started_at=start,
            finished_at=start + timedelta(seconds=1),
            exit_code=0,
        )
    )


class KeptRuns:
    """An archive with runs at three hours, the newest first."""

    runs: tuple[ArchivedRun, ...] = (run_at(3), run_at(2), run_at(1))

    def keep(self, run: ArchivedRun) -> None:
        raise NotImplementedError

    def recent(self, limit: int) -> tuple[ArchivedRun, ...]:
        return self.runs[:limit]

    def read(self, run_id: str) -> ArchivedRun | None:
        return next((run for run in self.runs if run.summary.run_id == run_id), None)


class NoRuns(KeptRuns):
    """An archive that keeps none."""

    runs = ()


class RecordingWriter:
    """Keeps what it was to write about."""

    def __init__(self) -> None:
        self.about: list[str] = []

    def write(
        self,
        run: ArchivedRun,
        path: Path,
        *,
        earlier: tuple[ArchivedRun, ...] = (),
        columns: Mapping[str, NodeColumns] | None = None,
    ) -> Path:
        del columns
        self.about = [each.summary.run_id for each in (run, *earlier)]
        return path


def no_columns(_node: DbtNode) -> NodeColumns:
    return NodeColumns()


def written(run_id: str | None, archive: KeptRuns) -> list[str]:
    writer = RecordingWriter()
    page = write_report(
        run_id,
        PAGE,
        archive=archive,
        state_dir=Path("/shop/.floe/state"),
        graph=EMPTY,
        columns_of=no_columns,
        writer=writer,
    )
    assert page == PAGE
    return writer.about


@pytest.mark.parametrize(
    ("run_id", "about"),
    [(None, ["run-3", "run-2", "run-1"]), ("run-2", ["run-2", "run-1"])],
)
def test_a_run_is_shown_beside_those_before_it(run_id: str | None, about: list[str]) -> None:
    assert written(run_id, KeptRuns()) == about


@pytest.mark.parametrize(
    ("run_id", "archive", "said"),
    [
        (None, NoRuns(), "/shop/.floe/state: there is no run yet"),
        ("run-9", KeptRuns(), "/shop/.floe/state: there is no run run-9"),
    ],
)
def test_a_run_that_is_not_kept_is_said_to_be_none_and_where(
    run_id: str | None, archive: KeptRuns, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        written(run_id, archive)
