"""The promises of the ``Orchestrator`` port, for any orchestrator of any author."""

from collections.abc import Callable, Generator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import pytest

from floe.domain.model.errors import DbtRunError, NothingSelectedError
from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    InvocationStarted,
    NodeFinished,
    NodeStarted,
    NodeStatus,
)
from floe.domain.model.run import DbtCommand, RunContext
from floe.ports.observed_dbt import ObservedDbt
from floe.ports.orchestrator import Orchestrator

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
ORDERS, CUSTOMERS = "model.shop.orders", "model.shop.customers"
OrchestratorOf: TypeAlias = Callable[[ObservedDbt], Orchestrator]
"""Makes an orchestrator that runs dbt by what it is given."""


class ScriptedObservedDbt:
    """Yields the events it was given, then raises *error*, if any.

    ``contexts`` and ``commands`` hold what it was called with; ``closed`` counts how often its
    stream was let go of, by its end or before.
    """

    def __init__(self, events: Iterable[DbtEvent], error: BaseException | None = None) -> None:
        self.events = tuple(events)
        self.error = error
        self.commands: list[DbtCommand] = []
        self.contexts: list[RunContext] = []
        self.closed = 0

    def __call__(
        self,
        command: DbtCommand,
        context: RunContext,
        graph: ProjectGraph,  # noqa: ARG002 - the port's
    ) -> Generator[DbtEvent, None, None]:
        """Yield the script."""
        self.commands.append(command)
        self.contexts.append(context)
        try:
            yield from self.events
            if self.error is not None:
                raise self.error
        finally:
            self.closed += 1


class OrchestratorContract:
    """Apply it by deriving a class that provides ``orchestrator_of``.

    The project is ``shop`` with two models, ``customers`` reading ``orders``.
    """

    @pytest.fixture
    def orchestrator_of(self) -> OrchestratorOf:
        """Make the orchestrator under test."""
        raise NotImplementedError

    @pytest.fixture
    def graph(self) -> ProjectGraph:
        """Return the project."""
        nodes = (_model(ORDERS), _model(CUSTOMERS, ORDERS))
        return ProjectGraph(
            project_name="shop",
            adapter_type="duckdb",
            nodes={node.unique_id: node for node in nodes},
        )

    @pytest.fixture
    def command(self, tmp_path: Path) -> DbtCommand:
        """Return a command that selects everything."""
        return DbtCommand(project_dir=tmp_path, profiles_dir=tmp_path, profile="shop", target="dev")

    def test_every_event_is_told_in_dbts_order_while_dbt_runs(
        self, orchestrator_of: OrchestratorOf, command: DbtCommand, graph: ProjectGraph
    ) -> None:
        """The listener hears of an event before dbt goes on."""
        dbt = ScriptedObservedDbt(story())
        heard: list[tuple[DbtEvent, int]] = []

        orchestrator_of(dbt).run(
            command, run_context(), graph, lambda event: heard.append((event, dbt.closed))
        )

        assert heard == [(event, 0) for event in dbt.events]
        assert dbt.closed == 1

    def test_the_summary_has_every_node_that_ended(
        self, orchestrator_of: OrchestratorOf, command: DbtCommand, graph: ProjectGraph
    ) -> None:
        """In dbt's order, with dbt's exit code and the run's own id and start."""
        summary = orchestrator_of(ScriptedObservedDbt(story())).run(
            command, run_context(), graph, _ignore
        )

        assert [node.unique_id for node in summary.nodes] == [ORDERS, CUSTOMERS]
        assert (summary.exit_code, summary.interrupted) == (0, False)
        assert (summary.run_id, summary.started_at) == (run_context().run_id, NOON)

    def test_a_failed_node_is_in_the_summary_and_not_an_exception(
        self, orchestrator_of: OrchestratorOf, command: DbtCommand, graph: ProjectGraph
    ) -> None:
        """A skipped node is there too."""
        dbt = ScriptedObservedDbt(story(NodeStatus.ERROR, NodeStatus.SKIPPED, exit_code=1))

        summary = orchestrator_of(dbt).run(command, run_context(), graph, _ignore)

        assert summary.exit_code == 1
        assert [node.unique_id for node in summary.failed] == [ORDERS]
        assert [node.status for node in summary.nodes] == [NodeStatus.ERROR, NodeStatus.SKIPPED]

    def test_the_run_keeps_its_id_and_dbt_gets_the_command(
        self, orchestrator_of: OrchestratorOf, command: DbtCommand, graph: ProjectGraph
    ) -> None:
        """Whatever the orchestrator adds, lineage and traces are those of the run."""
        dbt = ScriptedObservedDbt(story())
        asked = command.model_copy(update={"full_refresh": True, "variables": {"day": "monday"}})

        orchestrator_of(dbt).run(asked, run_context(), graph, _ignore)

        assert [context.run_id for context in dbt.contexts] == [run_context().run_id]
        assert [context.trace_id for context in dbt.contexts] == [run_context().trace_id]
        assert dbt.commands == [asked]

    def test_a_selection_that_matches_nothing_is_an_error_of_its_own(
        self, orchestrator_of: OrchestratorOf, command: DbtCommand, graph: ProjectGraph
    ) -> None:
        """The message names the selection."""
        asked = command.model_copy(update={"select": ("no_such_model",)})
        dbt = ScriptedObservedDbt(nothing())

        with pytest.raises(NothingSelectedError, match="no_such_model"):
            orchestrator_of(dbt).run(asked, run_context(), graph, _ignore)

    def test_an_interrupt_is_in_the_summary_and_dbt_is_let_go_of(
        self, orchestrator_of: OrchestratorOf, command: DbtCommand, graph: ProjectGraph
    ) -> None:
        """Ctrl-C while dbt is at work."""
        dbt = ScriptedObservedDbt(story()[:3], KeyboardInterrupt())

        summary = orchestrator_of(dbt).run(command, run_context(), graph, _ignore)

        assert summary.interrupted
        assert summary.exit_code != 0
        assert [node.unique_id for node in summary.nodes] == [ORDERS]
        assert dbt.closed == 1

    def test_an_interrupt_that_dbt_itself_reports_is_in_the_summary(
        self, orchestrator_of: OrchestratorOf, command: DbtCommand, graph: ProjectGraph
    ) -> None:
        """Somebody else told dbt to stop."""
        end = InvocationFinished(at=NOON, exit_code=1, interrupted=True)
        dbt = ScriptedObservedDbt((*story()[:3], end))

        summary = orchestrator_of(dbt).run(command, run_context(), graph, _ignore)

        assert summary.interrupted

    def test_dbt_that_could_not_run_is_raised_as_it_is(
        self, orchestrator_of: OrchestratorOf, command: DbtCommand, graph: ProjectGraph
    ) -> None:
        """The caller sees the error of the runner, not one of the orchestrator."""
        dbt = ScriptedObservedDbt(story()[:1], DbtRunError("dbt died"))

        with pytest.raises(DbtRunError, match="dbt died"):
            orchestrator_of(dbt).run(command, run_context(), graph, _ignore)

        assert dbt.closed == 1

    def test_a_listener_that_fails_stops_dbt_and_is_heard(
        self, orchestrator_of: OrchestratorOf, command: DbtCommand, graph: ProjectGraph
    ) -> None:
        """Its error reaches the caller."""
        dbt = ScriptedObservedDbt(story())

        def fail(event: DbtEvent) -> None:
            raise OSError(f"the pipe is closed: {event.at}")

        with pytest.raises(OSError, match="the pipe is closed"):
            orchestrator_of(dbt).run(command, run_context(), graph, fail)

        assert dbt.closed == 1


def run_context() -> RunContext:
    """Return the context of the contract's runs."""
    return RunContext(run_id=str(UUID(int=7)), pipeline="shop", started_at=NOON)


def story(*statuses: NodeStatus, exit_code: int = 0) -> tuple[DbtEvent, ...]:
    """Return the events of a run of both models with *statuses*, both well by default."""
    first, second = statuses or (NodeStatus.SUCCESS, NodeStatus.SUCCESS)
    return (
        InvocationStarted(at=NOON, invocation_id="i"),
        *_node(ORDERS, first, 1),
        *_node(CUSTOMERS, second, 2),
        InvocationFinished(at=NOON + timedelta(seconds=3), exit_code=exit_code),
    )


def nothing() -> tuple[DbtEvent, ...]:
    """Return the events of a run whose selection matches nothing."""
    return (
        InvocationStarted(at=NOON, invocation_id="i"),
        InvocationFinished(at=NOON, exit_code=0),
    )


def _node(unique_id: str, status: NodeStatus, second: int) -> tuple[DbtEvent, ...]:
    at = NOON + timedelta(seconds=second)
    end = NodeFinished(
        at=at,
        unique_id=unique_id,
        resource_type="model",
        name=unique_id.rsplit(".", maxsplit=1)[-1],
        status=status,
        started_at=NOON,
        message=None if status is NodeStatus.SUCCESS else f"{status} of {unique_id}",
    )
    if status is NodeStatus.SKIPPED:
        return (end,)
    return (NodeStarted(at=NOON, unique_id=unique_id, resource_type="model"), end)


def _model(unique_id: str, *parents: str) -> DbtNode:
    return DbtNode.from_manifest_node(
        {
            "unique_id": unique_id,
            "name": unique_id.rsplit(".", maxsplit=1)[-1],
            "resource_type": "model",
            "database": "shop",
            "schema": "main",
            "depends_on": {"nodes": list(parents)},
        }
    )


def _ignore(_event: DbtEvent) -> None:
    """Do not listen."""
