"""Fakes for the ports that floe speaks to: they record, break or repeat on command."""

from collections.abc import Generator, Iterable

from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.errors import LineageError, TelemetryError
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand, RunContext, RunSummary
from floe.domain.model.run_ledger import RunTransition


class RecordingLineageEmitter:
    """Keeps every transition in ``transitions``, in order."""

    def __init__(self) -> None:
        self.transitions: list[RunTransition] = []

    def emit(self, transition: RunTransition) -> None:
        """Append *transition*."""
        self.transitions.append(transition)

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:  # noqa: ARG002 - the port's
        """Report all transitions as delivered."""
        return (DeliveryReport(destination="memory", delivered=len(self.transitions)),)


class BrokenLineageEmitter:
    """Refuses every transition."""

    def emit(self, transition: RunTransition) -> None:
        """Raise, always."""
        raise LineageError(f"broken on purpose: {transition.run_id}")

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:  # noqa: ARG002 - the port's
        """Return no account."""
        return ()


class RecordingTracer:
    """Keeps every transition in ``transitions`` and every run in ``runs``, in order."""

    def __init__(self) -> None:
        self.transitions: list[RunTransition] = []
        self.runs: list[tuple[RunContext, RunSummary]] = []

    def record(self, transition: RunTransition) -> None:
        """Append *transition*."""
        self.transitions.append(transition)

    def record_run(self, context: RunContext, summary: RunSummary) -> None:
        """Append the run."""
        self.runs.append((context, summary))

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:  # noqa: ARG002 - the port's
        """Report all transitions as delivered."""
        return (DeliveryReport(destination="memory", delivered=len(self.transitions)),)


class BrokenTracer:
    """Refuses every transition."""

    def record(self, transition: RunTransition) -> None:
        """Raise, always."""
        raise TelemetryError(f"broken on purpose: {transition.run_id}")

    def record_run(self, context: RunContext, summary: RunSummary) -> None:
        """Raise, always."""
        raise TelemetryError(f"broken on purpose: {context.run_id} {summary.exit_code}")

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:  # noqa: ARG002 - the port's
        """Return no account."""
        return ()


class ScriptedDbtRunner:
    """Yields the events it was given; ``stopped`` says whether its reader walked away."""

    def __init__(self, events: Iterable[DbtEvent]) -> None:
        self.events = tuple(events)
        self.commands: list[DbtCommand] = []
        self.stopped = False

    def run(self, command: DbtCommand) -> Generator[DbtEvent, None, None]:
        """Yield the script."""
        self.commands.append(command)
        try:
            yield from self.events
        except GeneratorExit:
            self.stopped = True
            raise

    def get_ready(self, command: DbtCommand) -> None:
        """Do nothing: the script is ready."""

    def close(self) -> None:
        """Do nothing."""
