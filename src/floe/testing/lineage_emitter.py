"""What every lineage emitter promises; third parties inherit these tests for their own."""

from collections.abc import Iterator
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
    NodeStarted,
    NodeStatus,
)
from floe.domain.model.run import RunContext
from floe.domain.model.run_ledger import RunLedger, RunTransition
from floe.ports.lineage import LineageEmitter

_NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
_MOMENT_S = 2.0
"""Seconds: what a call that waits for no network takes at most, on a busy machine."""


def lives() -> tuple[RunTransition, ...]:
    """Return the transitions of an invocation whose nodes end in every way there is."""
    nodes = {
        node.unique_id: node
        for node in (
            _node("seed.shop.raw"),
            _node("model.shop.good", "seed.shop.raw"),
            _node("model.shop.bad", "model.shop.good"),
            _node("model.shop.skipped", "model.shop.bad"),
            _node("test.shop.not_null_good_id.1a2b", "model.shop.good"),
        )
    }
    graph = ProjectGraph(project_name="shop", adapter_type="duckdb", nodes=nodes)
    context = RunContext(run_id=str(UUID(int=9)), pipeline="shop", started_at=_NOON)
    ledger = RunLedger(context, graph)
    return tuple(change for event in _events() for change in ledger.feed(event))


def _node(unique_id: str, *parents: str) -> DbtNode:
    resource_type, package, name = unique_id.split(".")[:3]
    return DbtNode.from_manifest_node(
        {
            "unique_id": unique_id,
            "resource_type": resource_type,
            "package_name": package,
            "name": name,
            "database": "shop",
            "schema": "main",
            "depends_on": {"nodes": list(parents)},
        }
    )


def _events() -> Iterator[DbtEvent]:
    statuses = {
        "seed.shop.raw": NodeStatus.SUCCESS,
        "model.shop.good": NodeStatus.SUCCESS,
        "model.shop.bad": NodeStatus.ERROR,
        "model.shop.skipped": NodeStatus.SKIPPED,
        "test.shop.not_null_good_id.1a2b": NodeStatus.PASS,
        "operation.shop.shop-on-run-end-0": NodeStatus.SUCCESS,
    }
    yield InvocationStarted(at=_NOON, invocation_id="i", dbt_version="1.11.0")
    for second, (unique_id, status) in enumerate(statuses.items()):
        at = _NOON + timedelta(seconds=second)
        kind = unique_id.split(".", maxsplit=1)[0]
        if status is not NodeStatus.SKIPPED:
            yield NodeStarted(at=at, unique_id=unique_id, resource_type=kind)
        yield NodeFinished(
            at=at + timedelta(milliseconds=500),
            started_at=at,
            unique_id=unique_id,
            resource_type=kind,
            status=status,
            message="Binder Error: no such column" if status is NodeStatus.ERROR else None,
        )
    yield InvocationFinished(at=_NOON + timedelta(seconds=9), exit_code=1)


class LineageEmitterContract:
    """Give ``emitter`` as a fixture and inherit."""

    @pytest.fixture
    def emitter(self) -> LineageEmitter:
        """Return the emitter under test, ready and with nothing kept."""
        raise NotImplementedError

    def test_a_whole_run_is_kept_and_accounted_for(self, emitter: LineageEmitter) -> None:
        """Every way for a node to end is accepted; the account is there at the end."""
        for transition in lives():
            emitter.emit(transition)

        reports = emitter.close(1.0)

        assert all(report.dropped == 0 and report.refused == 0 for report in reports)

    def test_a_transition_may_come_again(self, emitter: LineageEmitter) -> None:
        """A repeat is no error."""
        for transition in lives():
            emitter.emit(transition)
            emitter.emit(transition)

    def test_keeping_waits_for_no_network(self, emitter: LineageEmitter) -> None:
        """All calls together take no longer than a moment."""
        before = monotonic()

        for transition in lives():
            emitter.emit(transition)

        assert monotonic() - before < _MOMENT_S

    def test_a_second_close_returns_the_same_account(self, emitter: LineageEmitter) -> None:
        """The account of a run does not change any more."""
        emitter.emit(lives()[0])

        assert emitter.close(1.0) == emitter.close(1.0)

    def test_the_time_to_close_is_bounded(self, emitter: LineageEmitter) -> None:
        """Closing takes the time it was given, and a moment."""
        for transition in lives():
            emitter.emit(transition)
        before = monotonic()

        emitter.close(0.2)

        assert monotonic() - before < 0.2 + _MOMENT_S

    def test_what_comes_after_the_close_is_still_kept(self, emitter: LineageEmitter) -> None:
        """A late transition is for a later replay, not an error."""
        first, *others = lives()
        emitter.emit(first)
        emitter.close(0.2)

        for transition in others:
            emitter.emit(transition)
