"""The lineage emitter: every transition becomes one OpenLineage event in the durable outbox."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from floe.adapters.openlineage.column_lineage import ColumnLineage
from floe.adapters.openlineage.datasets import event_of
from floe.adapters.openlineage.design_time import design_events
from floe.adapters.openlineage.events import RunEvents, makes_relation
from floe.adapters.openlineage.pending import Pending
from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.remembered import Remembered
from floe.adapters.openlineage.serialization import Document, envelope
from floe.adapters.openlineage.worker import Worker
from floe.adapters.openlineage.written import Pen
from floe.domain.model.classification_flow import declared
from floe.domain.model.delivery import DeliveryReport, Envelope, PayloadKind
from floe.domain.model.errors import LineageError, OutboxError
from floe.domain.model.lineage import LineageDataset, LineageEvent, LineageEventType
from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.pipeline import Governance
from floe.domain.model.redaction import Redactor
from floe.domain.model.run_ledger import RunTransition
from floe.domain.model.value import utc_now
from floe.ports.outbox import Outbox
from floe.ports.sender import Sender

_PATIENCE = timedelta(seconds=3)
"""How long an end may wait in the outbox for its column lineage."""
_TOGETHER = 16
"""Ends that are exchanged in one transaction; fewer where no more come for a moment."""


class OpenLineageEmitter:
    """Keeps events for *destination* in *outbox* and wakes *sender*; waits for no network.

    *destination* is the name of a backend in the settings. *column_lineage* is worked out on a
    thread beside the run: an end whose columns are not known yet, or are still to be told by the
    warehouse, waits for them in the outbox, for at most three seconds; ``close`` waits at most
    *last_columns_s* for the last ones. *governance* counts where there is no *column_lineage*.
    """

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        *,
        destination: str,
        profile: EventProfile,
        redactor: Redactor,
        governance: Governance | None = None,
        column_lineage: ColumnLineage | None = None,
        last_columns_s: float = 1.0,
    ) -> None:
        self._outbox = outbox
        self._sender = sender
        self._destination = destination
        self._redactor = redactor
        self._governance = governance or Governance()
        self._lineage = column_lineage
        self._last_columns_s = last_columns_s
        self._profile = profile
        self._pen = Pen(redactor)
        self._events = RunEvents(profile, self._columns_of, self._pen)
        self._declared: Remembered[NodeColumns] = Remembered()
        self._worker = Worker(at_rest=lambda: self._exchange(self._pending.take_ready()))
        self._pending = Pending()
        self._account: tuple[DeliveryReport, ...] | None = None

    def emit(self, transition: RunTransition) -> None:
        """Put the event of *transition* into the outbox; the same one again changes nothing."""
        try:
            if not self._pending.is_kept(transition):
                self._keep(transition)
                self._pending.kept(transition)
        except Exception as error:
            what = f"{transition.state} of {transition.unique_id or transition.name}"
            message = self._redactor.text(f"{what} was not kept: {type(error).__name__}: {error}")
            raise LineageError(message) from error

    def describe(self, unique_id: str, columns: Mapping[str, str]) -> None:
        """Let the end of *unique_id*, which waits for that, tell *columns* of the warehouse."""
        waiting = self._pending.described(unique_id)
        if waiting is not None and self._lineage is not None:
            self._worker.submit(lambda: self._enrich(*waiting, columns))

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Give column lineage a part of *timeout_s*, the rest to delivery; return the account."""
        if self._account is None:
            patience = min(timeout_s / 2, self._last_columns_s)
            started = utc_now()
            for transition, waiting in self._pending.undescribed():
                self._worker.submit(partial(self._enrich, transition, waiting))
            self._worker.close(patience)
            with contextlib.suppress(OutboxError):  # they go out later, when their time comes
                self._exchange(self._pending.take_all())
            spent = (utc_now() - started).total_seconds()
            self._account = self._sender.close(max(timeout_s - spent, 0.0))
        return self._account

    def emit_design(self, graph: ProjectGraph) -> int:
        """Tell the whole of *graph* before anything runs; return how many events were kept.

        Raises:
            LineageError: An event could not be kept.
        """
        events = list(design_events(graph, self._profile, self._worked_out, utc_now()))
        for key, event in events:
            self._put(event, key, PayloadKind.LINEAGE_OTHER)
        return len(events)

    def emit_event(self, event: LineageEvent) -> None:
        """Keep *event*, whoever made it.

        Raises:
            LineageError: It could not be kept.
        """
        kind = _kind(event.event_type)
        self._put(event_of(event, self._profile.producer), event.run_id, kind)

    def emit_start(
        self,
        run_id: UUID | str,
        job_name: str,
        inputs: Sequence[LineageDataset] = (),
        outputs: Sequence[LineageDataset] = (),
    ) -> None:
        """Keep the START of the run *run_id* (a UUID) of *job_name*.

        Raises:
            LineageError: It could not be kept.
        """
        self.emit_event(self._event(LineageEventType.START, run_id, job_name, inputs, outputs))

    def emit_complete(
        self,
        run_id: UUID | str,
        job_name: str,
        inputs: Sequence[LineageDataset] = (),
        outputs: Sequence[LineageDataset] = (),
    ) -> None:
        """Keep the COMPLETE of the run *run_id*.

        Raises:
            LineageError: It could not be kept.
        """
        self.emit_event(self._event(LineageEventType.COMPLETE, run_id, job_name, inputs, outputs))

    def emit_fail(self, run_id: UUID | str, job_name: str, error_message: str) -> None:
        """Keep the FAIL of the run *run_id* with *error_message*.

        Raises:
            LineageError: It could not be kept.
        """
        event = self._event(LineageEventType.FAIL, run_id, job_name, (), ())
        message = self._profile.cleaned(error_message)
        self.emit_event(event.model_copy(update={"error_message": message}))

    def _event(
        self,
        state: LineageEventType,
        run_id: UUID | str,
        job_name: str,
        inputs: Sequence[LineageDataset],
        outputs: Sequence[LineageDataset],
    ) -> LineageEvent:
        return LineageEvent(
            event_type=state,
            run_id=str(run_id),
            job_namespace=self._profile.namespace,
            job_name=job_name,
            inputs=list(inputs),
            outputs=list(outputs),
        )

    def _put(self, event: Document, key: str, kind: PayloadKind) -> None:
        try:
            self._outbox.put(
                envelope(
                    self._pen.value(event),
                    destination=self._destination,
                    key=key,
                    kind=kind,
                    created_at=utc_now(),
                )
            )
        except Exception as error:
            message = self._redactor.text(f"an event was not kept: {error}")
            raise LineageError(message) from error
        self._sender.wake()

    def _keep(self, transition: RunTransition) -> None:
        made = self._columns_made(transition)
        whole = self._envelope(transition, made)
        unknown = made is None or _is_described_later(transition)
        late = self._lineage is not None and unknown and makes_relation(transition)
        if transition.state is LineageEventType.START:
            self._outbox.put(whole, last_will=_last_will(whole))
            if late:
                self._worker.submit(lambda: self._prepare(transition))
        elif late and transition.state is LineageEventType.COMPLETE:
            self._keep_for_a_while(transition, whole)
        else:
            self._outbox.put(whole)
        self._sender.wake()

    def _keep_for_a_while(self, transition: RunTransition, whole: Envelope) -> None:
        """Put *whole* where it waits for its columns; it is safe before anyone works on them."""
        self._outbox.put(whole, not_before=utc_now() + _PATIENCE)
        self._pending.add(whole)
        if _is_described_later(transition):
            self._pending.expect(transition, whole)
            return
        if not self._worker.submit(lambda: self._enrich(transition, whole)):
            self._pending.take(whole)
            with contextlib.suppress(OutboxError):  # it is kept, and goes out when its time comes
                self._outbox.replace({whole.envelope_id: whole})

    def _columns_made(self, transition: RunTransition) -> NodeColumns | None:
        node, finished = transition.node, transition.finished
        if self._lineage is None or node is None or not makes_relation(transition):
            return None
        return self._lineage.remembered(node, finished.compiled_code if finished else None)

    def _columns_of(self, node: DbtNode) -> NodeColumns:
        known = self._lineage.remembered(node) if self._lineage is not None else None
        return known or self._declared.get(node.unique_id, lambda: self._declared_of(node))

    def _declared_of(self, node: DbtNode) -> NodeColumns:
        if self._lineage is not None:
            return self._lineage.declared(node)
        classified = declared(node, self._governance, None)
        return NodeColumns(classifications=tuple(classified.values()))

    def _worked_out(self, node: DbtNode) -> NodeColumns:
        return self._columns_of(node) if self._lineage is None else self._lineage.work_out(node)

    def _prepare(self, transition: RunTransition) -> None:
        if self._lineage is not None and transition.node is not None:
            self._lineage.work_out(transition.node)

    def _enrich(
        self,
        transition: RunTransition,
        waiting: Envelope,
        described: Mapping[str, str] | None = None,
    ) -> None:
        """Have the event with its columns take the place of the one that waits without them."""
        better = waiting
        try:
            node, finished = transition.node, transition.finished
            if self._lineage is not None and node is not None:
                code = finished.compiled_code if finished else None
                if described:
                    self._lineage.told(node, described, code)
                better = self._envelope(transition, self._lineage.work_out(node, code))
        finally:
            if self._pending.ready(waiting, better) >= _TOGETHER:
                self._exchange(self._pending.take_ready())

    def _exchange(self, better: Mapping[str, Envelope]) -> None:
        if better:
            self._outbox.replace(better)
            self._sender.wake()

    def _envelope(self, transition: RunTransition, made: NodeColumns | None) -> Envelope:
        return envelope(
            self._events.event(transition, made),
            destination=self._destination,
            key=transition.run_id,
            kind=_kind(transition.state),
            created_at=transition.at,
        )


def _last_will(start: Envelope) -> Envelope:
    """Return what ends the run of *start* when nobody does: see ``last_will.ended``."""
    return start.model_copy(update={"kind": PayloadKind.LINEAGE_END})


def _is_described_later(transition: RunTransition) -> bool:
    return transition.finished is not None and transition.finished.columns_follow


def _kind(state: LineageEventType) -> PayloadKind:
    if state is LineageEventType.START:
        return PayloadKind.LINEAGE_START
    return PayloadKind.LINEAGE_END if state.is_end else PayloadKind.LINEAGE_OTHER
