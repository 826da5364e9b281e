"""Which row counts are certain."""

import pytest

from floe.domain.model.node_event import NodeStatus
from floe.domain.model.row_counts import rows_held, rows_read
from tests.fakes import finished, node

SEED = node("seed.shop.raw", config={"materialized": "seed"})
TABLE = node("model.shop.made", "seed.shop.raw", config={"materialized": "table"})
ALL = "select * from shop.main.raw"


@pytest.mark.parametrize(
    ("materialized", "config", "rows"),
    [
        ("seed", {}, 7),
        ("table", {}, 7),
        ("incremental", {}, None),
        ("snapshot", {}, None),
        ("view", {}, None),
        ("table", {"post-hook": [{"sql": "delete from {{ this }}"}]}, None),
    ],
)
def test_what_was_written_is_all_there_is_where_a_relation_was_made_anew(
    materialized: str, config: dict[str, object], rows: int | None
) -> None:
    made = node("model.shop.made", config={"materialized": materialized, **config})

    assert rows_held(made, finished(made.unique_id, rows_affected=7)) == rows


def test_an_account_of_no_rows_or_of_a_failure_says_nothing() -> None:
    failed = finished(TABLE.unique_id, status=NodeStatus.ERROR, rows_affected=7)

    assert rows_held(TABLE, finished(TABLE.unique_id)) is None
    assert rows_held(TABLE, failed) is None
    assert rows_held(None, finished(TABLE.unique_id, rows_affected=7)) is None


@pytest.mark.parametrize(
    ("materialized", "code", "rows"),
    [
        ("table", ALL, {"seed.shop.raw": 7}),
        ("snapshot", ALL, {"seed.shop.raw": 7}),
        ("view", ALL, {}),
        ("incremental", ALL, {}),
        ("table", f"{ALL} LIMIT 10", {}),
        ("table", f"{ALL} tablesample (10 percent)", {}),
        ("table", "select * from (select * from raw where false) _dbt_limit_subq_raw", {}),
        ("table", None, {}),
    ],
)
def test_a_relation_was_read_whole_where_the_query_leaves_no_choice(
    materialized: str, code: str | None, rows: dict[str, int]
) -> None:
    reader = node("model.shop.reader", config={"materialized": materialized})
    end = finished(reader.unique_id, compiled_code=code)

    assert rows_read(reader, [SEED, TABLE], {"seed.shop.raw": 7}, end) == rows


def test_a_run_that_failed_may_have_read_nothing() -> None:
    end = finished(TABLE.unique_id, status=NodeStatus.ERROR, compiled_code=ALL)

    assert rows_read(TABLE, [SEED], {"seed.shop.raw": 7}, end) == {}
