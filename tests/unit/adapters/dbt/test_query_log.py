"""What dbt says of statements, put together: each with its node, its time and its end."""

from datetime import timedelta

from floe.adapters.dbt.query_log import MOST, QueryLog
from tests.fakes import NOON

NODE, OTHER = "model.shop.a", "model.shop.b"


def test_a_statement_takes_as_long_as_dbt_says() -> None:
    log = QueryLog()
    log.hear("SQLQuery", NODE, "t1", NOON, {"sql": "\n select 1 "})
    log.hear("SQLQueryStatus", NODE, "t1", NOON + timedelta(seconds=5), {"elapsed": 2.0})
    (query,) = log.of(NODE, NOON + timedelta(seconds=9), failed=False)

    assert (query.text, query.failed) == ("select 1", False)
    assert query.finished_at - query.started_at == timedelta(seconds=2)
    assert log.of(NODE, NOON, failed=False) == ()


def test_threads_and_nodes_are_kept_apart() -> None:
    log = QueryLog()
    log.hear("SQLQuery", NODE, "t1", NOON, {"sql": "a"})
    log.hear("SQLQuery", OTHER, "t2", NOON, {"sql": "b"})
    log.hear("SQLQuery", "", "main", NOON, {"sql": "for no node"})
    log.hear("SQLQueryStatus", OTHER, "t1", NOON, {"elapsed": 1.0})

    assert [query.text for query in log.of(OTHER, NOON, failed=False)] == ["b"]
    assert [query.text for query in log.of(NODE, NOON, failed=False)] == ["a"]


def test_only_the_last_statement_of_a_failed_node_has_failed() -> None:
    log = QueryLog()
    log.hear("SQLQuery", NODE, "t1", NOON, {"sql": "begin"})
    log.hear("SQLQuery", NODE, "t1", NOON, {"sql": "select nowhere"})
    queries = log.of(NODE, NOON + timedelta(seconds=1), failed=True)

    assert [query.failed for query in queries] == [False, True]


def test_a_node_of_very_many_statements_keeps_the_first() -> None:
    log = QueryLog()
    for number in range(MOST + 5):
        log.hear("SQLQuery", NODE, "t1", NOON, {"sql": str(number)})

    assert len(log.of(NODE, NOON, failed=False)) == MOST
