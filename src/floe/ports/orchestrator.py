"""Who starts dbt: floe itself, or an orchestrator around it."""

from collections.abc import Callable
from typing import Protocol

from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand, RunContext, RunSummary


class Orchestrator(Protocol):
    """Run a dbt command to its end, observed."""

    def run(
        self,
        command: DbtCommand,
        context: RunContext,
        graph: ProjectGraph,
        on_event: Callable[[DbtEvent], None],
    ) -> RunSummary:
        """Run *command* and call *on_event* with each event as it happens.

        Every event was told to lineage and tracing before. A failed node is in the summary, not
        an exception. An interrupt stops dbt, ends every open run and is in the summary too.

        Raises:
            NothingSelectedError: The selection matches no node; nothing was run.
            EnvironmentNotReadyError: Something that the run needs is not installed.
            DbtRunError: dbt died without an account of itself.
        """
