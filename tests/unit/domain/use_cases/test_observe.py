"""Observation never holds up, changes or breaks what flows through it."""

from collections.abc import Generator, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from floe.domain.model.lineage import LineageEventType
from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    InvocationStarted,
    NodeFinished,
    NodeStatus,
    RelationDescribed,
)
from floe.domain.model.redaction import MASK, Redactor
from floe.domain.model.run import DbtCommand, DbtVerb
from floe.domain.model.run_ledger import RunTransition
from floe.domain.use_cases.observe import Observation, ObservedRunner, observe
from floe.testing.fakes import (
    BrokenLineageEmitter,
    BrokenTracer,
    RecordingLineageEmitter,
    RecordingTracer,
    ScriptedDbtRunner,
)
from tests.fakes import NOON, context, finished, graph, node, started

A = "model.shop.a"
GRAPH = graph(node(A))
STORY: tuple[DbtEvent, ...] = (
    InvocationStarted(at=NOON, invocation_id="i"),
    started(A),
    finished(A),
    InvocationFinished(at=NOON, exit_code=0),
)


def test_the_same_events_come_out_in_the_same_order() -> None:
    seen = observe(
        STORY,
        context=context(),
        graph=GRAPH,
        lineage=RecordingLineageEmitter(),
        tracer=RecordingTracer(),
        redactor=Redactor(["hunter22"]),
    )

    assert tuple(seen) == STORY


def command_in(here: Path) -> DbtCommand:
    return DbtCommand(
        verb=DbtVerb.TEST, project_dir=here, profiles_dir=here, profile="floe", target="dev"
    )


class ListeningEmitter(RecordingLineageEmitter):
    """Hears what the warehouse says, and is not able to make anything of it."""

    def __init__(self) -> None:
        super().__init__()
        self.described: list[tuple[str, Mapping[str, str]]] = []

    def describe(self, unique_id: str, columns: Mapping[str, str]) -> None:
        self.described.append((unique_id, columns))
        raise RuntimeError(unique_id)


@pytest.mark.parametrize("lineage", [ListeningEmitter(), RecordingLineageEmitter()])
def test_what_the_warehouse_says_is_for_lineage_alone(lineage: RecordingLineageEmitter) -> None:
    said = RelationDescribed(at=NOON, unique_id=A, columns={"id": "INTEGER"})
    seen = observe(
        (*STORY[:3], said, STORY[3]),
        context=context(),
        graph=GRAPH,
        lineage=lineage,
        tracer=RecordingTracer(),
        redactor=Redactor(),
    )

    assert tuple(seen) == STORY
    if isinstance(lineage, ListeningEmitter):
        assert lineage.described == [(A, {"id": "INTEGER"})]


@pytest.mark.parametrize("wanted", [True, False])
def test_dbt_is_asked_for_columns_only_where_somebody_listens(
    wanted: bool,  # noqa: FBT001 - a parameter
    tmp_path: Path,
) -> None:
    for lineage, expected in ((ListeningEmitter(), wanted), (RecordingLineageEmitter(), False)):
        runner = ScriptedDbtRunner(STORY)
        observed = ObservedRunner(runner, lineage, RecordingTracer(), Redactor(), describe=wanted)

        list(observed(command_in(tmp_path), context(), GRAPH))

        assert runner.commands[0].describe is expected


def test_lineage_and_tracing_hear_the_same_story() -> None:
    lineage, tracer = RecordingLineageEmitter(), RecordingTracer()

    list(
        observe(
            STORY,
            context=context(),
            graph=GRAPH,
            lineage=lineage,
            tracer=tracer,
            redactor=Redactor(),
        )
    )

    assert lineage.transitions == tracer.transitions
    assert [told.state for told in lineage.transitions] == [
        LineageEventType.START,
        LineageEventType.START,
        LineageEventType.COMPLETE,
        LineageEventType.COMPLETE,
    ]


def test_broken_backends_cost_a_count_and_nothing_else() -> None:
    account = Observation()

    seen = list(
        observe(
            STORY,
            context=context(),
            graph=GRAPH,
            lineage=BrokenLineageEmitter(),
            tracer=BrokenTracer(),
            redactor=Redactor(),
            observation=account,
        )
    )

    assert tuple(seen) == STORY
    assert (account.lineage_lost, account.spans_lost) == (4, 4)


def test_a_reader_that_walks_away_stops_dbt_and_ends_every_run() -> None:
    runner, lineage = ScriptedDbtRunner(STORY), RecordingLineageEmitter()
    events: Generator[DbtEvent, None, None] = (event for event in runner.events)
    stream = observe(
        events,
        context=context(),
        graph=GRAPH,
        lineage=lineage,
        tracer=RecordingTracer(),
        redactor=Redactor(),
    )
    next(stream)
    next(stream)

    stream.close()

    assert [told.state for told in lineage.transitions[-2:]] == [LineageEventType.ABORT] * 2
    assert next(events, None) is None


def test_an_error_in_the_stream_ends_every_run_and_goes_on() -> None:
    def failing() -> Generator[DbtEvent, None, None]:
        yield STORY[1]
        raise RuntimeError("the pipe with hunter22 broke")

    lineage = RecordingLineageEmitter()

    with pytest.raises(RuntimeError):
        list(
            observe(
                failing(),
                context=context(),
                graph=GRAPH,
                lineage=lineage,
                tracer=RecordingTracer(),
                redactor=Redactor(["hunter22"]),
            )
        )

    assert lineage.transitions[-1].message == f"RuntimeError: the pipe with {MASK} broke"


def test_a_secret_is_masked_before_anybody_hears_it() -> None:
    told = finished(A, message="password hunter22 is wrong", raw={"info": {"msg": "hunter22"}})
    lineage = RecordingLineageEmitter()

    seen = list(
        observe(
            [told],
            context=context(),
            graph=GRAPH,
            lineage=lineage,
            tracer=RecordingTracer(),
            redactor=Redactor(["hunter22"]),
        )
    )

    assert isinstance(seen[0], NodeFinished)
    assert seen[0].message == f"password {MASK} is wrong"
    assert seen[0].raw == {"info": {"msg": MASK}}
    assert "hunter22" not in repr(lineage.transitions)


class InterruptedOnce(RecordingLineageEmitter):
    """Is interrupted before it has kept the first end of a node."""

    def __init__(self) -> None:
        super().__init__()
        self.interrupted = False

    def emit(self, transition: RunTransition) -> None:
        if transition.state.is_end and not self.interrupted:
            self.interrupted = True
            raise KeyboardInterrupt
        super().emit(transition)


def test_an_interrupt_inside_a_backend_leaves_every_life_whole() -> None:
    lineage = InterruptedOnce()
    stream = observe(
        STORY,
        context=context(),
        graph=GRAPH,
        lineage=lineage,
        tracer=RecordingTracer(),
        redactor=Redactor(),
    )

    with pytest.raises(KeyboardInterrupt):
        list(stream)

    assert [told.state for told in lineage.transitions] == [
        LineageEventType.START,
        LineageEventType.START,
        LineageEventType.COMPLETE,
        LineageEventType.ABORT,
    ]


def test_dbt_is_told_its_place_and_its_start_says_what_was_asked() -> None:
    runner, tracer = ScriptedDbtRunner(STORY), RecordingTracer()
    observed = ObservedRunner(runner, RecordingLineageEmitter(), tracer, Redactor())

    first = next(observed(command_in(Path("/project")), context(), GRAPH))

    assert isinstance(first, InvocationStarted)
    assert first.verb == "test"
    told = runner.commands[0].environment
    assert told["TRACEPARENT"].split("-")[2] == context().invocation_span_id
    assert told["OPENLINEAGE_PARENT_ID"].endswith(context().invocation_run_id)


class AskedForSql:
    """Has some SQL of every node, and remembers of what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Path, datetime | None]] = []

    def of(self, node: DbtNode, target_path: Path, since: datetime | None = None) -> str | None:
        self.asked.append((node.unique_id, target_path, since))
        return "select 'hunter22'"


@pytest.mark.parametrize(
    ("end", "code", "asked"),
    [
        (finished(A), f"select '{MASK}'", [(A, Path("/project/target"), NOON)]),
        (finished(A, compiled_code="select 2"), "select 2", []),
        (finished(A, status=NodeStatus.SKIPPED), None, []),
        (finished("operation.shop.hook"), None, []),
    ],
    ids=["compiled in this run", "known to the runner", "skipped", "not of the project"],
)
def test_a_node_ends_with_the_sql_that_dbt_compiled_for_it(
    end: NodeFinished, code: str | None, asked: list[tuple[str, Path, datetime]]
) -> None:
    compiled = AskedForSql()
    observed = ObservedRunner(
        ScriptedDbtRunner([end]),
        RecordingLineageEmitter(),
        RecordingTracer(),
        Redactor(["hunter22"]),
        compiled=compiled,
    )

    (seen,) = observed(command_in(Path("/project")), context(), GRAPH)

    assert isinstance(seen, NodeFinished)
    assert (seen.compiled_code, compiled.asked) == (code, asked)
