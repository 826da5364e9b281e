"""What is kept of a run: enough for a report, and nothing that is large or secret."""

from datetime import timedelta

from floe.domain.model.archived_run import LONGEST_SQL, ArchivedRun, usual_times
from floe.domain.model.node_event import NodeFinished, NodeStatus
from floe.domain.model.run import RunSummary
from tests.fakes import NOON, RUN_ID, context, finished, graph, node

SOURCE = "source.shop.raw.orders"
SEED, EPHEMERAL, MART = "seed.shop.s", "model.shop.e", "model.shop.m"
GRAPH = graph(
    node(SEED),
    node(SOURCE),
    node("model.shop.unrelated"),
    node(EPHEMERAL, SOURCE, config={"materialized": "ephemeral"}),
    node(MART, SEED, EPHEMERAL, raw_code="select 1"),
    exposures={
        "exposure.shop.board": {
            "name": "board",
            "label": "Board",
            "owner": {"email": "a@example.org"},
            "depends_on": {"nodes": [MART]},
        },
        "exposure.shop.other": {"name": "other", "depends_on": {"nodes": ["model.shop.unrelated"]}},
    },
)


def _archived(*nodes: NodeFinished) -> ArchivedRun:
    summary = RunSummary(
        run_id=RUN_ID,
        pipeline="shop",
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=9),
        exit_code=0,
        nodes=nodes,
    )
    return ArchivedRun.of(summary, context=context(), graph=GRAPH)


def test_what_ran_what_it_read_and_who_is_served_is_kept() -> None:
    run = _archived(finished(MART))

    assert set(run.by_id) == {MART, SEED, EPHEMERAL, SOURCE, "exposure.shop.board"}
    assert run.by_id["exposure.shop.board"].name == "Board"


def test_a_run_survives_json() -> None:
    run = _archived(finished(MART, status=NodeStatus.ERROR, message="no"), finished(SEED))

    assert ArchivedRun.model_validate_json(run.model_dump_json(exclude_defaults=True)) == run


def test_raw_events_and_the_sql_of_good_nodes_are_not_kept() -> None:
    run = _archived(finished(MART, raw={"data": {}}, compiled_code="select 2"))

    assert run.ended[MART].raw is None
    assert run.ended[MART].compiled_code is None
    assert run.by_id[MART].sql is None


def test_the_sql_of_a_failure_is_what_ran_else_what_was_written() -> None:
    compiled = _archived(finished(MART, status=NodeStatus.ERROR, compiled_code="select 2"))
    written = _archived(finished(MART, status=NodeStatus.ERROR))

    assert (compiled.by_id[MART].sql, written.by_id[MART].sql) == ("select 2", "select 1")


def test_long_sql_is_cut() -> None:
    run = _archived(finished(MART, status=NodeStatus.ERROR, compiled_code="x" * 2 * LONGEST_SQL))

    assert len(run.by_id[MART].sql or "") == LONGEST_SQL


def test_the_usual_time_is_the_median_of_good_ends() -> None:
    runs = [_archived(finished(MART, execution_time_s=s)) for s in (1.0, 9.0, 2.0)]
    failed = _archived(finished(MART, status=NodeStatus.ERROR, execution_time_s=99.0))

    assert usual_times([*runs, failed]) == {MART: 2.0}
