"""What every way to run dbt promises, as tests for any implementation of the port."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    InvocationStarted,
    NodeFinished,
    NodeStarted,
    NodeStatus,
)
from floe.domain.model.run import DbtCommand
from floe.ports.dbt_runner import DbtRunner

_PYTEST = "PYTEST_CURRENT_TEST"


class _Surroundings(NamedTuple):
    """What a run must leave as it was."""

    environment: dict[str, str]
    directory: Path
    on_interrupt: object
    on_termination: object

    @classmethod
    def now(cls) -> "_Surroundings":
        return cls(
            {name: value for name, value in os.environ.items() if name != _PYTEST},
            Path.cwd(),
            signal.getsignal(signal.SIGINT),
            signal.getsignal(signal.SIGTERM),
        )


class DbtRunnerContract:
    """Subclass it and give ``runner`` and ``command``, both of class scope.

    *command* runs at least two nodes, one of which depends on the other, and goes well. It adds
    at least one variable to the environment. It runs twice in all, once only to its first node.
    """

    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls) -> DbtRunner | Iterator[DbtRunner]:
        """Return the runner under test, or yield it and clean up."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def command(cls) -> DbtCommand:
        """Return a command that goes well."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def before(cls) -> _Surroundings:
        """Return what was so before the first run."""
        return _Surroundings.now()

    @pytest.fixture(scope="class")
    @classmethod
    def story(
        cls, before: _Surroundings, runner: DbtRunner, command: DbtCommand
    ) -> tuple[DbtEvent, ...]:
        """Return all events of one run."""
        assert before.environment.keys().isdisjoint(command.environment)
        return tuple(runner.run(command))

    def test_the_story_has_one_beginning_and_it_comes_first(
        self, story: tuple[DbtEvent, ...]
    ) -> None:
        """Whoever listens knows the invocation before anything that it does."""
        beginnings = [at for at, event in enumerate(story) if isinstance(event, InvocationStarted)]

        assert beginnings == [0]

    def test_the_story_has_one_end_and_it_comes_last(self, story: tuple[DbtEvent, ...]) -> None:
        """After the end of the invocation there is nothing to wait for."""
        ends = [at for at, event in enumerate(story) if isinstance(event, InvocationFinished)]

        assert ends == [len(story) - 1]

    def test_a_run_that_goes_well_says_so(self, story: tuple[DbtEvent, ...]) -> None:
        """The exit code is dbt's own."""
        end = story[-1]

        assert isinstance(end, InvocationFinished)
        assert (end.exit_code, end.interrupted, end.is_success) == (0, False, True)

    def test_each_node_starts_once_and_then_ends_once(self, story: tuple[DbtEvent, ...]) -> None:
        """A listener needs no memory to pair them."""
        open_nodes: set[str] = set()
        ended: list[str] = []
        for event in story:
            if isinstance(event, NodeStarted):
                assert event.unique_id not in open_nodes
                assert event.unique_id not in ended
                open_nodes.add(event.unique_id)
            elif isinstance(event, NodeFinished):
                assert event.unique_id in open_nodes
                open_nodes.remove(event.unique_id)
                ended.append(event.unique_id)

        assert not open_nodes
        assert len(ended) == len(set(ended)) >= 2

    def test_every_node_that_went_well_is_a_success(self, story: tuple[DbtEvent, ...]) -> None:
        """What dbt calls a success is one."""
        well = {NodeStatus.SUCCESS, NodeStatus.PASS}

        assert {event.status for event in story if isinstance(event, NodeFinished)} <= well

    def test_times_are_those_of_dbt_and_in_order(self, story: tuple[DbtEvent, ...]) -> None:
        """A node ends after it started, and within the invocation."""
        first, last = story[0].at, story[-1].at
        for event in story:
            assert event.at.utcoffset() is not None
            if isinstance(event, NodeFinished):
                assert first <= event.started_at <= event.at <= last

    def test_the_surroundings_are_as_they_were(
        self,
        before: _Surroundings,
        story: tuple[DbtEvent, ...],
    ) -> None:
        """The variables of a command are those of its invocation only."""
        assert story
        assert _Surroundings.now() == before

    def test_a_reader_who_walks_away_is_not_held_and_may_come_again(
        self, before: _Surroundings, runner: DbtRunner, command: DbtCommand
    ) -> None:
        """Closing the generator stops dbt and leaves nothing behind."""
        events = runner.run(command)
        for event in events:
            if isinstance(event, NodeStarted):
                break
        events.close()

        assert next(events, None) is None
        assert _Surroundings.now() == before

    def test_nothing_happens_before_the_first_event_is_asked_for(
        self, before: _Surroundings, runner: DbtRunner, command: DbtCommand
    ) -> None:
        """A stream that nobody reads starts no dbt."""
        events = runner.run(command)
        events.close()

        assert _Surroundings.now() == before

    def test_to_get_ready_runs_nothing_and_changes_nothing(
        self, runner: DbtRunner, command: DbtCommand
    ) -> None:
        """It may be asked for twice, and no command may follow."""
        before = _Surroundings.now()
        for _ in range(2):
            runner.get_ready(command)
        runner.close()

        assert _Surroundings.now() == before

    def test_closing_twice_does_nothing(self, runner: DbtRunner) -> None:
        """Whoever holds a runner may let go of it more than once."""
        runner.close()
        runner.close()
