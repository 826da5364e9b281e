"""What every tracer promises; third parties inherit these tests for their own."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import UUID

import pytest

from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    InvocationStarted,
    NodeFinished,
    NodeStatus,
)
from floe.domain.model.run import RunContext, RunSummary
from floe.domain.model.run_ledger import RunLedger, RunTransition
from floe.ports.tracer import Tracer

_NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
_MODEL = "model.shop.customers"
_AT_MOST_S = 20.0
"""Seconds that no call in these tests may take; a broken tracer takes for ever."""

SpanIds = Callable[[], list[str]]
"""What reads back the ids of the spans that arrived, 16 hexadecimal digits each, in any order."""


def story(status: NodeStatus = NodeStatus.SUCCESS) -> tuple[RunContext, list[RunTransition]]:
    """Return a run with one model that ends with *status*, as transitions."""
    context = RunContext(run_id=str(UUID(int=7)), pipeline="shop", started_at=_NOON)
    node = DbtNode(
        unique_id=_MODEL,
        name="customers",
        alias="customers",
        database="shop",
        schema_name="main",
        resource_type="model",
    )
    graph = ProjectGraph(project_name="shop", adapter_type="duckdb", nodes={_MODEL: node})
    finished = NodeFinished(
        at=_NOON + timedelta(seconds=2),
        started_at=_NOON,
        unique_id=_MODEL,
        resource_type="model",
        name="customers",
        status=status,
        message=None if status is NodeStatus.SUCCESS else "Runtime Error in model customers",
    )
    events: list[DbtEvent] = [
        InvocationStarted(at=_NOON, invocation_id="i", verb="build"),
        finished,
        InvocationFinished(at=finished.at, exit_code=int(status.is_failure)),
    ]
    ledger = RunLedger(context, graph)
    return context, [transition for event in events for transition in ledger.feed(event)]


def summary(context: RunContext) -> RunSummary:
    """Return the end of the run in *context*."""
    return RunSummary(
        run_id=context.run_id,
        pipeline=context.pipeline,
        started_at=_NOON,
        finished_at=_NOON + timedelta(seconds=3),
        exit_code=0,
    )


class TracerContract:
    """Inherit, and give ``tracer`` and, where spans can be read back, ``span_ids``."""

    @pytest.fixture
    def tracer(self) -> Tracer:
        """Return the tracer to be proved."""
        raise NotImplementedError

    @pytest.fixture
    def span_ids(self) -> SpanIds | None:
        """Return what reads back span ids after ``close``; None where nothing is to be read."""
        return None

    @pytest.mark.parametrize("status", NodeStatus)
    def test_every_way_to_end_is_taken(self, tracer: Tracer, status: NodeStatus) -> None:
        """No status that dbt knows is refused."""
        context, transitions = story(status)
        for transition in transitions:
            tracer.record(transition)
        tracer.record_run(context, summary(context))
        assert all(report.dropped == 0 for report in tracer.close(5.0))

    def test_the_spans_have_the_ids_that_everyone_can_work_out(
        self, tracer: Tracer, span_ids: SpanIds | None
    ) -> None:
        """Run, invocation and node: each is called what the context calls it."""
        context, transitions = story()
        for transition in transitions:
            tracer.record(transition)
        tracer.record_run(context, summary(context))
        tracer.close(5.0)
        if span_ids is not None:
            assert sorted(span_ids()) == sorted(
                [context.run_span_id, context.invocation_span_id, context.node_span_id(_MODEL)]
            )

    def test_a_repeat_makes_no_other_span(self, tracer: Tracer, span_ids: SpanIds | None) -> None:
        """A transition that comes again names the same span."""
        context, transitions = story()
        for transition in [item for item in transitions for _ in range(2)]:
            tracer.record(transition)
        tracer.close(5.0)
        if span_ids is not None:
            assert set(span_ids()) == {
                context.invocation_span_id,
                context.node_span_id(_MODEL),
            }

    def test_closing_again_gives_the_same_account(self, tracer: Tracer) -> None:
        """The account is final."""
        for transition in story()[1]:
            tracer.record(transition)
        assert tracer.close(5.0) == tracer.close(5.0)

    def test_closing_without_anything_recorded_is_quick(self, tracer: Tracer) -> None:
        """There is nothing to wait for."""
        before = monotonic()
        tracer.close(5.0)
        assert monotonic() - before < _AT_MOST_S

    def test_threads_may_record_at_once(self, tracer: Tracer) -> None:
        """Two invocations of one process do not get in each other's way."""
        failures: list[BaseException] = []

        def tell() -> None:
            try:
                for transition in story()[1]:
                    tracer.record(transition)
            except BaseException as error:  # noqa: BLE001 - told by the assertion below
                failures.append(error)

        threads = [threading.Thread(target=tell) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(_AT_MOST_S)
        tracer.close(5.0)
        assert failures == []
