"""The life of runs, for any interleaving of node events, kills included."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from floe.domain.model.lineage import LineageEventType
from floe.domain.model.node_event import InvocationFinished, InvocationStarted, NodeStatus
from floe.domain.model.run_ledger import RunLedger, RunTransition
from tests.fakes import NOON, context, finished, graph, node, started

A, B, TEST = "model.shop.a", "model.shop.b", "test.shop.unique_b"
GRAPH = graph(node(A), node(B, A), node(TEST, A, B, attached_node=B))
names = st.sampled_from([A, B, TEST, "operation.shop.hook"])
seconds = st.floats(min_value=-5, max_value=100)


class LifeOfRuns(RuleBasedStateMachine):
    """Whatever dbt says, in whatever order, each run starts once and ends at most once."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = RunLedger(context(), GRAPH)
        self.told: list[RunTransition] = []
        self.killed = False

    @rule()
    def dbt_starts(self) -> None:
        self.told += self.ledger.feed(InvocationStarted(at=NOON, invocation_id="i"))

    @rule(name=names, second=seconds)
    def node_starts(self, name: str, second: float) -> None:
        self.told += self.ledger.feed(started(name, second))

    @rule(name=names, second=seconds, status=st.sampled_from(NodeStatus))
    def node_finishes(self, name: str, second: float, status: NodeStatus) -> None:
        self.told += self.ledger.feed(finished(name, second, status))

    @rule(code=st.sampled_from([0, 1, 2]), interrupted=st.booleans())
    def dbt_finishes(self, code: int, *, interrupted: bool) -> None:
        self.told += self.ledger.feed(
            InvocationFinished(at=NOON, exit_code=code, interrupted=interrupted)
        )

    @rule()
    def killed_now(self) -> None:
        self.told += self.ledger.close(NOON, "killed")
        self.killed = True

    @invariant()
    def every_life_is_well_formed(self) -> None:
        for run_id in {told.run_id for told in self.told}:
            life = [told for told in self.told if told.run_id == run_id]
            assert life[0].state is LineageEventType.START
            assert len(life) <= 2
            assert [told.state.is_end for told in life[1:]] == [True] * len(life[1:])
            assert life[-1].at >= life[0].at

    @invariant()
    def the_parent_outlives_its_nodes(self) -> None:
        if self.told:
            assert self.told[0].is_invocation
            ends = [told for told in self.told if told.is_invocation and told.state.is_end]
            assert ends in ([], [self.told[-1]])

    @invariant()
    def nothing_is_open_after_a_kill(self) -> None:
        if self.killed:
            starts = {told.run_id for told in self.told if not told.state.is_end}
            assert starts == {told.run_id for told in self.told if told.state.is_end}


TestLifeOfRuns = LifeOfRuns.TestCase
TestLifeOfRuns.settings = settings(max_examples=150, deadline=None)


def test_a_skipped_node_starts_and_aborts_with_the_reason() -> None:
    ledger = RunLedger(context(), GRAPH)

    told = list(ledger.feed(finished(B, 0, NodeStatus.SKIPPED, message="a failed")))[1:]

    assert [item.state for item in told] == [LineageEventType.START, LineageEventType.ABORT]
    assert told[1].message == "a failed"


def test_a_generic_test_is_about_the_node_it_is_attached_to() -> None:
    ledger = RunLedger(context(), GRAPH)

    told = list(ledger.feed(started(TEST)))

    assert [item.unique_id for item in told[-1].inputs] == [B]


def test_an_interrupt_aborts_open_nodes_and_then_their_parent() -> None:
    ledger = RunLedger(context(), GRAPH)
    list(ledger.feed(started(A)))

    later = NOON + timedelta(seconds=3)
    told = list(ledger.feed(InvocationFinished(at=later, exit_code=1, interrupted=True)))

    assert [(item.unique_id, item.state) for item in told] == [
        (A, LineageEventType.ABORT),
        (None, LineageEventType.ABORT),
    ]


def test_an_invocation_that_failed_names_what_failed_in_it() -> None:
    models = [f"model.shop.m{number}" for number in range(7)]
    ledger = RunLedger(context(), graph(*map(node, models)))
    for model in models:
        list(ledger.feed(finished(model, status=NodeStatus.ERROR)))

    (end,) = ledger.feed(InvocationFinished(at=NOON, exit_code=1))

    assert end.message == f"failed: {', '.join(models[:5])}, and 2 more"
