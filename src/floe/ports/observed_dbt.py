"""dbt as the rest of floe sees it: already observed, already masked."""

from collections.abc import Generator
from typing import Protocol

from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand, RunContext


class ObservedDbt(Protocol):
    """Run a dbt command whose every event is told to lineage and tracing on the way."""

    def __call__(
        self, command: DbtCommand, context: RunContext, graph: ProjectGraph
    ) -> Generator[DbtEvent, None, None]:
        """Yield the events of *command* as they happen, with known secrets masked.

        Closing the generator stops dbt, returns when dbt is gone, and ends every open run.

        Raises:
            EnvironmentNotReadyError: dbt or the adapter package is not installed.
            DbtRunError: dbt died without an account of itself.
        """
