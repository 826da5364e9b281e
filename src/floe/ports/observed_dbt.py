"""dbt as an orchestrator sees it: already told to lineage and tracing."""

from collections.abc import Generator
from typing import Protocol

from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand, RunContext


class ObservedDbt(Protocol):
    """Run one dbt command under observation."""

    def __call__(
        self, command: DbtCommand, context: RunContext, graph: ProjectGraph
    ) -> Generator[DbtEvent, None, None]:
        """Yield the events of *command* while dbt runs, each one told to lineage and tracing.

        Closing the generator, or an exception thrown into it, stops dbt, ends every open run of
        lineage and returns only when dbt is gone.

        Raises:
            EnvironmentNotReadyError: dbt or the adapter package is not installed.
            DbtRunError: dbt died without an account of itself.
        """
