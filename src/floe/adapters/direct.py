"""No orchestrator: floe runs dbt itself, and nothing of Dagster is imported."""

from collections.abc import Callable

from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand, RunContext, RunSummary
from floe.domain.model.run_record import RunRecord
from floe.ports.observed_dbt import ObservedDbt


class DirectOrchestrator:
    """Run dbt once, observed, on the calling thread."""

    def __init__(self, observed: ObservedDbt) -> None:
        self._observed = observed

    def run(
        self,
        command: DbtCommand,
        context: RunContext,
        graph: ProjectGraph,
        on_event: Callable[[DbtEvent], None],
    ) -> RunSummary:
        """Run *command*; see the port."""
        record = RunRecord(context)
        stream = self._observed(command, context, graph)
        try:
            for event in stream:
                record.hear(event)
                on_event(event)
        except KeyboardInterrupt:
            return record.summary(interrupted=True)
        finally:
            stream.close()
        return record.summary().require_nodes(command, graph)
