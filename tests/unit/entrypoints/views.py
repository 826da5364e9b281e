"""A story that every view is told, and a stream that remembers."""

import io

from floe.domain.model.closing_account import ClosingAccount, Place
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    InvocationStarted,
    LogEmitted,
    NodeStatus,
)
from floe.domain.model.run import RunSummary
from floe.entrypoints.progress import ProgressView
from tests.fakes import NOON, RUN_ID, finished, graph, node, started

A, B, TEST = "model.shop.a", "model.shop.b", "test.shop.unique_a"
GRAPH = graph(node(A, original_file_path="models/a.sql"), node(B, A), node(TEST, A))
HOSTILE = "\x1b[2J[bold]no such\rcolumn[/bold]"
STORY: tuple[DbtEvent, ...] = (
    InvocationStarted(at=NOON, invocation_id="i"),
    LogEmitted(at=NOON, level="info", text="hello"),
    LogEmitted(at=NOON, level="warn", text="a deprecated thing"),
    started(A, raw={"data": {"total": 3}}),
    finished(A, status=NodeStatus.ERROR, execution_time_s=1.5, message=HOSTILE),
    finished(TEST, status=NodeStatus.SKIPPED),
    finished(B, execution_time_s=0.25, rows_affected=1234),
    LogEmitted(at=NOON, level="error", text="Completed with 1 error"),
    InvocationFinished(at=NOON, exit_code=1),
)
_ENDED = tuple(event for event in STORY if event.__class__.__name__ == "NodeFinished")
ACCOUNT = ClosingAccount.of(
    RunSummary(
        run_id=RUN_ID,
        pipeline="shop",
        started_at=NOON,
        finished_at=NOON,
        exit_code=1,
        nodes=_ENDED,
    ),
    graph=GRAPH,
    reports=[DeliveryReport(destination="lineage", delivered=4, waiting=2, last_error="refused")],
    lost=1,
    places=[Place(what="report", where="floe report")],
)


class BrokenStream(io.StringIO):
    """A pipe whose reader is gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(text)


def tell(view: ProgressView) -> None:
    with view:
        for event in STORY:
            view.on_event(event)
        view.summary(ACCOUNT)
