"""Run a pipeline to its end and give a true account of it."""

import time
from collections.abc import Callable

from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand, RunContext, RunSummary
from floe.domain.model.value import Value
from floe.domain.use_cases.observe import Observation
from floe.ports.lineage import LineageEmitter
from floe.ports.orchestrator import Orchestrator
from floe.ports.tracer import Tracer


class RunOutcome(Value):
    """What came of the run and of what it said: *lost* counts what could not even be kept."""

    summary: RunSummary
    reports: tuple[DeliveryReport, ...] = ()
    lineage_lost: int = 0
    spans_lost: int = 0


def run_pipeline(
    command: DbtCommand,
    *,
    context: RunContext,
    graph: ProjectGraph,
    orchestrator: Orchestrator,
    lineage: LineageEmitter,
    tracer: Tracer,
    account: Observation,
    on_event: Callable[[DbtEvent], None],
    flush_timeout_s: float,
) -> RunOutcome:
    """Run *command*, then wait at most *flush_timeout_s* seconds for the backends.

    The run's own outcome is the same with and without backends, whatever they do.

    Raises:
        NothingSelectedError: The selection matches no node.
        EnvironmentNotReadyError: Something that the run needs is not installed.
        DbtRunError: dbt died without an account of itself.
    """
    reports: tuple[DeliveryReport, ...] = ()
    try:
        summary = orchestrator.run(command, context, graph, on_event)
        tell_run(tracer, context, summary, account)
    finally:
        reports = settle_both(tracer, lineage, flush_timeout_s)
    return RunOutcome(
        summary=summary,
        reports=reports,
        lineage_lost=account.lineage_lost,
        spans_lost=account.spans_lost,
    )


def tell_run(
    tracer: Tracer, context: RunContext, summary: RunSummary, account: Observation
) -> None:
    """Give *tracer* the span of the whole run; a failure costs a count."""
    try:
        tracer.record_run(context, summary)
    except Exception:  # noqa: BLE001 - this is the edge where tracing stops mattering
        account.spans_lost += 1


def settle_both(
    tracer: Tracer, lineage: LineageEmitter, timeout_s: float
) -> tuple[DeliveryReport, ...]:
    """Close both within *timeout_s* seconds, of which *tracer* gets half, and return the account.

    Lineage is delivered in the background all the while.
    """
    deadline = time.monotonic() + timeout_s
    told = settle(tracer, timeout_s / 2)
    return (*told, *settle(lineage, max(0.0, deadline - time.monotonic())))


def settle(backend: LineageEmitter | Tracer, timeout_s: float) -> tuple[DeliveryReport, ...]:
    """Close *backend* within *timeout_s* seconds and return its account, empty when it breaks."""
    try:
        return backend.close(timeout_s)
    except Exception:  # noqa: BLE001 - likewise for both
        return ()
