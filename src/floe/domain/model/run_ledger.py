"""The life of every run, kept straight: one START, then at most one end, and nothing after.

Node events may come in any order, twice, or not at all; what leaves the ledger is always a
well-formed life (OpenLineage 2-0-2, run cycle).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import Field

from floe.domain.model.lineage import LineageEventType
from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    InvocationStarted,
    NodeFinished,
    NodeStarted,
    NodeStatus,
)
from floe.domain.model.row_counts import rows_held, rows_read
from floe.domain.model.run import RunContext
from floe.domain.model.skips import Skips
from floe.domain.model.value import UtcDatetime, Value

_STATES = {
    NodeStatus.SUCCESS: LineageEventType.COMPLETE,
    NodeStatus.PASS: LineageEventType.COMPLETE,
    NodeStatus.WARN: LineageEventType.COMPLETE,
    NodeStatus.NO_OP: LineageEventType.COMPLETE,
    NodeStatus.ERROR: LineageEventType.FAIL,
    NodeStatus.FAIL: LineageEventType.FAIL,
    NodeStatus.PARTIAL_SUCCESS: LineageEventType.FAIL,
    NodeStatus.RUNTIME_ERROR: LineageEventType.FAIL,
    NodeStatus.SKIPPED: LineageEventType.ABORT,
}
_NAMED = 5
"""Nodes that the end of the invocation names, of those that failed."""


class RunTransition(Value):
    """A run changes its state: the invocation itself, or one node of it.

    *unique_id* is None for the invocation. *started_at* is when this run started, also at its end.
    *node* is None where the manifest has no such node (a hook). *inputs* are the relations that
    the node reads, or those that a test is about. *finished* is dbt's own account of the end.
    *message* is dbt's text for a failure, or the reason for an abort. *rows_read* maps the unique
    id of an input → its rows, for what was read as a whole and counted by the same invocation.
    """

    state: LineageEventType
    at: UtcDatetime
    started_at: UtcDatetime
    context: RunContext
    run_id: str
    span_id: str
    unique_id: str | None = None
    resource_type: str = "invocation"
    name: str = ""
    node: DbtNode | None = None
    inputs: tuple[DbtNode, ...] = ()
    finished: NodeFinished | None = None
    message: str | None = None
    rows_read: Mapping[str, int] = Field(default_factory=dict)
    invocation: InvocationStarted | None = Field(default=None, repr=False)

    @property
    def is_invocation(self) -> bool:
        """Whether this is about the dbt invocation, the parent of all its nodes."""
        return self.unique_id is None


class RunLedger:
    """Turns node events into transitions, and at the end closes what is still open."""

    def __init__(self, context: RunContext, graph: ProjectGraph) -> None:
        self._context = context
        self._graph = graph
        self._invocation: RunTransition | None = None
        self._open: dict[str, RunTransition] = {}
        self._ended: set[str] = set()
        self._rows: dict[str, int] = {}
        self._skips = Skips(graph)
        self._failed: list[str] = []
        self._closed = False

    def feed(self, event: DbtEvent) -> Iterator[RunTransition]:
        """Yield the transitions that *event* causes; a repeated or late event causes none."""
        if self._closed:
            return
        match event:
            case InvocationStarted():
                yield from self._start_invocation(event.at, event)
            case NodeStarted():
                yield from self._start_invocation(event.at)
                yield from self._start_node(event)
            case NodeFinished():
                yield from self._start_invocation(event.started_at)
                yield from self._finish_node(event)
            case InvocationFinished():
                yield from self._start_invocation(event.at)
                yield from self._finish(event)

    def close(self, at: datetime, reason: str) -> Iterator[RunTransition]:
        """Yield an ABORT for every run still open, nodes first; a second call yields none."""
        yield from self._abort_open(at, reason)
        if self._invocation is not None and not self._closed:
            yield self._end(self._invocation, LineageEventType.ABORT, at, message=reason)
        self._closed = True

    def _start_invocation(
        self, at: datetime, started: InvocationStarted | None = None
    ) -> Iterator[RunTransition]:
        if self._invocation is None:
            self._invocation = RunTransition(
                state=LineageEventType.START,
                at=at,
                started_at=at,
                context=self._context,
                run_id=self._context.invocation_run_id,
                span_id=self._context.invocation_span_id,
                name=self._context.pipeline,
                invocation=started,
            )
            yield self._invocation

    def _start_node(self, event: NodeStarted | NodeFinished) -> Iterator[RunTransition]:
        if event.unique_id in self._open or event.unique_id in self._ended:
            return
        at = event.at if isinstance(event, NodeStarted) else event.started_at
        node = self._graph.any_node(event.unique_id)
        is_test = node is not None and node.is_test
        read = self._graph.tested_by if is_test else self._graph.inputs_of
        start = RunTransition(
            state=LineageEventType.START,
            at=at,
            started_at=at,
            context=self._context,
            run_id=self._context.node_run_id(event.unique_id),
            span_id=self._context.node_span_id(event.unique_id),
            unique_id=event.unique_id,
            resource_type=event.resource_type,
            name=event.name,
            node=node,
            inputs=read(event.unique_id),
            invocation=self._invocation.invocation if self._invocation else None,
        )
        self._open[event.unique_id] = start
        yield start

    def _finish_node(self, event: NodeFinished) -> Iterator[RunTransition]:
        yield from self._start_node(event)
        start = self._open.pop(event.unique_id, None)
        if start is None:
            return
        self._ended.add(event.unique_id)
        state = _STATES[event.status]
        if state is LineageEventType.FAIL:
            self._failed.append(event.unique_id)
        why = self._skips.reason(event)
        message = (event.message or why) if state is not LineageEventType.COMPLETE else None
        end = self._end(start, state, event.at, message=message, finished=event)
        read = rows_read(start.node, start.inputs, self._rows, event)
        yield end.model_copy(update={"rows_read": read}) if read else end
        held = rows_held(start.node, event)
        if held is not None:
            self._rows[event.unique_id] = held

    def _finish(self, event: InvocationFinished) -> Iterator[RunTransition]:
        reason = "the run was interrupted" if event.interrupted else "dbt ended without this node"
        yield from self._abort_open(event.at, reason)
        self._closed = True
        if self._invocation is None:
            return
        if event.interrupted:
            state, message = LineageEventType.ABORT, event.message or reason
        elif event.is_success:
            state, message = LineageEventType.COMPLETE, None
        else:
            state, message = LineageEventType.FAIL, event.message or self._what_failed()
        yield self._end(self._invocation, state, event.at, message=message)

    def _what_failed(self) -> str | None:
        if not self._failed:
            return None
        more = len(self._failed) - _NAMED
        others = f", and {more} more" if more > 0 else ""
        return f"failed: {', '.join(self._failed[:_NAMED])}{others}"

    def _abort_open(self, at: datetime, reason: str) -> Iterator[RunTransition]:
        for unique_id, start in list(self._open.items()):
            del self._open[unique_id]
            self._ended.add(unique_id)
            yield self._end(start, LineageEventType.ABORT, at, message=reason)

    @staticmethod
    def _end(
        start: RunTransition,
        state: LineageEventType,
        at: datetime,
        *,
        message: str | None,
        finished: NodeFinished | None = None,
    ) -> RunTransition:
        return start.model_copy(
            update={
                "state": state,
                "at": max(at, start.started_at),
                "finished": finished,
                "message": message,
            }
        )
