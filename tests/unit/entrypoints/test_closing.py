"""The closing summary: paths as one would type them, long lists and long messages cut."""

from pathlib import Path

import pytest

from floe.domain.model.closing_account import ClosingAccount, Place
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.node_event import NodeFinished, NodeStatus
from floe.domain.model.run import RunSummary
from floe.entrypoints.closing import LONGEST_MESSAGE, LONGEST_SELECTION, Line, closing_lines
from tests.fakes import NOON, RUN_ID, finished, graph, node


def _lines(
    *nodes: NodeFinished,
    root: str = "",
    exit_code: int = 0,
    interrupted: bool = False,
    reports: tuple[DeliveryReport, ...] = (),
    places: tuple[Place, ...] = (),
) -> list[Line]:
    names = [end.unique_id for end in nodes]
    known = graph(*(node(name, original_file_path="m/a.sql") for name in names), project_root=root)
    summary = RunSummary(
        run_id=RUN_ID,
        pipeline="shop",
        started_at=NOON,
        finished_at=NOON,
        exit_code=exit_code,
        interrupted=interrupted,
        message="dbt said no" if exit_code == 2 else None,
        nodes=nodes,
    )
    account = ClosingAccount.of(summary, graph=known, reports=reports, places=places)
    return list(closing_lines(account))


def _failed(number: int = 0, message: str = "no") -> NodeFinished:
    return finished(f"model.shop.n{number}", status=NodeStatus.ERROR, message=message)


def test_paths_below_the_working_directory_are_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    there = tmp_path / ".floe/lineage.jsonl"

    lines = _lines(
        _failed(),
        root=str(tmp_path / "dbt"),
        exit_code=1,
        reports=(DeliveryReport(destination=str(there), delivered=3),),
        places=(Place(what="lineage", where=str(there)), Place(what="traces", where="http://t/x")),
    )

    assert Line("failed", "model n0  dbt/m/a.sql", "bad") in lines
    assert Line("sent", "3 delivered to .floe/lineage.jsonl", "quiet") in lines
    assert Line("lineage", ".floe/lineage.jsonl") in lines
    assert Line("traces", "http://t/x") in lines


def test_a_long_message_is_cut_and_says_so() -> None:
    message = "\n".join(f"line {number}" for number in range(LONGEST_MESSAGE + 5))

    texts = [line.text for line in _lines(_failed(message=message), exit_code=1)]

    assert f"  line {LONGEST_MESSAGE - 1}" in texts
    assert f"  line {LONGEST_MESSAGE}" not in texts
    assert "  … 5 more lines" in texts


def test_a_command_for_too_many_failures_is_not_offered() -> None:
    few = _lines(*map(_failed, range(LONGEST_SELECTION)), exit_code=1)
    many = _lines(*map(_failed, range(LONGEST_SELECTION + 1)), exit_code=1)

    assert few[-1].head == "again"
    assert few[-1].text.startswith('floe run -s "n0+ n1+')
    assert "again" not in {line.head for line in many}


def test_a_run_that_could_not_start_says_what_dbt_said() -> None:
    lines = _lines(exit_code=2)

    assert lines == [
        Line("shop", "failed after 0.00s, 0 nodes ran", "bad"),
        Line("dbt said", "dbt said no", "bad"),
    ]


def test_an_interruption_is_no_failure() -> None:
    assert _lines(interrupted=True, exit_code=130)[0] == Line(
        "shop", "interrupted after 0.00s", "warning"
    )


def test_a_run_with_warnings_passed() -> None:
    warned = finished("test.shop.t", status=NodeStatus.WARN, message="3 rows")

    lines = _lines(warned)

    assert lines[0] == Line("shop", "finished in 0.00s: 1 node, 1 warning", "good")
    assert Line("ran", "1 test (1 with warnings)") in lines


def test_the_signals_of_telemetry_are_one_line() -> None:
    reports = (
        DeliveryReport(destination="traces", delivered=5),
        DeliveryReport(destination="metrics", delivered=1),
        DeliveryReport(destination="logs", waiting=2, last_error="HTTP status 404"),
        DeliveryReport(destination="lineage", delivered=3),
    )
    told = [(line.head, line.text, line.tone) for line in _lines(reports=reports)]

    assert ("telemetry", "6 delivered, 2 waiting (HTTP status 404)", "warning") in told
    assert ("lineage", "3 delivered", "quiet") in told
    assert [head for head, *_ in told if head in {"traces", "metrics", "logs"}] == []
