"""The way to run dbt and to hear what it does while it does it."""

from collections.abc import Generator
from typing import Protocol

from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand


class DbtRunner(Protocol):
    """Run one dbt command and yield its events as they happen."""

    def run(self, command: DbtCommand) -> Generator[DbtEvent, None, None]:
        """Yield the events of *command*, in dbt's order, while dbt runs.

        The first is ``InvocationStarted`` and the last ``InvocationFinished``, also when dbt
        cannot run at all: what dbt says against a project is data, not an exception. Each node
        gives at most one ``NodeStarted`` and, after it, at most one ``NodeFinished``; a skipped
        node gives only the latter. Tests, unit tests, seeds, snapshots, source freshness and
        hooks are nodes too.

        While dbt is silent, a ``LogEmitted`` without a text comes every few seconds, so that a
        reader who has a reason to stop can do it.

        dbt starts with the first ``next()``. Closing the generator, or an exception thrown into
        it, stops dbt and returns only when dbt and its children are gone; running queries are
        cancelled first, then the process is ended by force. The environment, the working
        directory and the signal handlers of the caller are as they were afterwards.

        Raises:
            EnvironmentNotReadyError: dbt or the adapter package is not installed.
            DbtRunError: dbt died without an account of itself.
        """

    def get_ready(self, command: DbtCommand) -> None:
        """Begin what takes long before *command* can run, and return at once.

        Nothing of the project is run or written. It is a hint: another command may follow, or
        none, and what cannot be begun is no error here.
        """

    def close(self) -> None:
        """Let go of anything kept between runs; a second call does nothing."""
