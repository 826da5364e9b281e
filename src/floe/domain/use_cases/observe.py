"""Tell lineage and tracing what dbt does, without ever standing in its way."""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from floe.domain.model.identity import invocation_job_name
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationStarted,
    NodeFinished,
    NodeStatus,
    RelationDescribed,
)
from floe.domain.model.redaction import Redactor
from floe.domain.model.run import DbtCommand, RunContext
from floe.domain.model.run_ledger import RunLedger, RunTransition
from floe.domain.model.tracing import TraceParent
from floe.domain.model.value import utc_now
from floe.ports.compiled_sql import CompiledSql
from floe.ports.dbt_runner import DbtRunner
from floe.ports.lineage import DescribedLineageEmitter, LineageEmitter
from floe.ports.tracer import Tracer

_LOG = logging.getLogger("floe.observe")


class Observation:
    """The account of one observation: how many transitions a backend did not keep."""

    def __init__(self) -> None:
        self.lineage_lost = 0
        self.spans_lost = 0


def observe(
    events: Iterable[DbtEvent],
    *,
    context: RunContext,
    graph: ProjectGraph,
    lineage: LineageEmitter,
    tracer: Tracer,
    redactor: Redactor,
    observation: Observation | None = None,
) -> Generator[DbtEvent, None, None]:
    """Yield *events* unchanged but for masked secrets, and tell each one on the way.

    However the stream ends, by itself, by an error in it or by its reader walking away, every run
    that was started gets its end and *events* is closed. A backend that fails costs a count and
    one warning, never the run: whatever lineage or tracing raises stops here. What the warehouse
    says of a relation is for lineage alone, and does not come out.
    """
    ledger = RunLedger(context, graph)
    account = observation or Observation()
    reason = "the run was interrupted"
    try:
        for event in events:
            if isinstance(event, RelationDescribed):
                _describe(event, lineage)
                continue
            clean = masked(event, redactor)
            _tell(ledger.feed(clean), lineage, tracer, account)
            yield clean
        reason = "dbt ended without an account of itself"
    except Exception as error:
        reason = redactor.text(f"{type(error).__name__}: {error}")
        raise
    finally:
        close = getattr(events, "close", None)
        try:
            if close is not None:
                close()
        finally:
            _tell(ledger.close(utc_now(), reason), lineage, tracer, account)


class ObservedRunner:
    """A dbt runner whose every run is observed; ``account`` adds up over all of them.

    *compiled* has the SQL of nodes whose runner does not know it. With *describe* the warehouse
    is asked what is in each relation that dbt has made; with *queries* the tracer hears of each
    statement.
    """

    def __init__(
        self,
        runner: DbtRunner,
        lineage: LineageEmitter,
        tracer: Tracer,
        redactor: Redactor,
        *,
        compiled: CompiledSql | None = None,
        describe: bool = False,
        queries: bool = False,
    ) -> None:
        self._runner = runner
        self._compiled = compiled
        self._describe = describe and isinstance(lineage, DescribedLineageEmitter)
        self._queries = queries
        self._lineage = lineage
        self._tracer = tracer
        self._redactor = redactor
        self.account = Observation()

    def __call__(
        self, command: DbtCommand, context: RunContext, graph: ProjectGraph
    ) -> Generator[DbtEvent, None, None]:
        """Yield the observed events of *command*; dbt is told which trace and run it is part of."""
        incoming = context.trace_parent
        told = {
            "TRACEPARENT": str(
                TraceParent(
                    trace_id=context.trace_id,
                    span_id=context.invocation_span_id,
                    sampled=incoming is None or incoming.sampled,
                )
            ),
            "OPENLINEAGE_PARENT_ID": (
                f"{context.namespace}/{invocation_job_name(context.pipeline)}"
                f"/{context.invocation_run_id}"
            ),
        }
        environment = {**told, **command.environment}
        wanted = {"describe": self._describe, "queries": self._queries}
        asked = command.model_copy(update={"environment": environment, **wanted})
        events = self._runner.run(asked)
        return observe(
            self._completed(events, command, graph),
            context=context,
            graph=graph,
            lineage=self._lineage,
            tracer=self._tracer,
            redactor=self._redactor,
            observation=self.account,
        )

    def _completed(
        self, events: Generator[DbtEvent, None, None], command: DbtCommand, graph: ProjectGraph
    ) -> Generator[DbtEvent, None, None]:
        """Say what the runner does not: what dbt was asked to do, and the SQL of each node."""
        target_path = command.target_path or command.project_dir / "target"
        with closing(events):
            for event in events:
                if isinstance(event, InvocationStarted) and not event.verb:
                    yield event.model_copy(update={"verb": str(command.verb)})
                elif isinstance(event, NodeFinished):
                    code = self._code_of(event, target_path, graph)
                    yield event.model_copy(update={"compiled_code": code}) if code else event
                else:
                    yield event

    def _code_of(self, event: NodeFinished, target_path: Path, graph: ProjectGraph) -> str | None:
        """Return the SQL that dbt compiled between the start and the end of the node."""
        if self._compiled is None or event.compiled_code or event.status is NodeStatus.SKIPPED:
            return None
        node = graph.node(event.unique_id)
        return self._compiled.of(node, target_path, event.started_at) if node is not None else None


def _describe(event: RelationDescribed, lineage: LineageEmitter) -> None:
    if isinstance(lineage, DescribedLineageEmitter):
        with suppress(Exception):
            lineage.describe(event.unique_id, event.columns)


def masked(event: DbtEvent, redactor: Redactor) -> DbtEvent:
    """Return *event* with every known secret masked, wherever it stands in it."""
    update: dict[str, object] = {}
    said = vars(event)  # to ask a model for a field that it has not takes longer than all the rest
    for field in ("message", "text", "compiled_code"):
        text = said.get(field)
        if isinstance(text, str):
            clean = redactor.text(text)
            if clean != text:
                update[field] = clean
    for field in ("raw", "adapter_response"):
        nested = said.get(field)
        if nested:
            update[field] = redactor.value(nested)
    if isinstance(event, NodeFinished) and event.queries:
        texts = [redactor.text(query.text) for query in event.queries]
        update["queries"] = tuple(
            query.model_copy(update={"text": text})
            for query, text in zip(event.queries, texts, strict=True)
        )
    return event.model_copy(update=update) if update else event


def _tell(
    transitions: Iterator[RunTransition],
    lineage: LineageEmitter,
    tracer: Tracer,
    account: Observation,
) -> None:
    for transition in transitions:
        if not _kept(lineage.emit, transition):
            account.lineage_lost += 1
            if account.lineage_lost == 1:
                _LOG.warning("lineage: an event could not be kept", exc_info=_debugging())
        if not _kept(tracer.record, transition):
            account.spans_lost += 1
            if account.spans_lost == 1:
                _LOG.warning("tracing: a span could not be kept", exc_info=_debugging())


def _kept(tell: Callable[[RunTransition], None], transition: RunTransition) -> bool:
    """Return whether *tell* took *transition*; what a backend raises stops here.

    An interrupt may have come before it was taken, and the ledger has moved on: it is told once
    more, which changes nothing for one who has heard it.
    """
    try:
        tell(transition)
    except Exception:  # noqa: BLE001 - this is the edge where backends stop mattering
        return False
    except BaseException:
        with suppress(Exception):
            tell(transition)
        raise
    return True


def _debugging() -> bool:
    return _LOG.isEnabledFor(logging.DEBUG)
