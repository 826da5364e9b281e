"""An empty table is the one that dbt would have made."""

import pytest
from dbt.adapters.sql import SQLConnectionManager
from dbt_common.clients import agate_helper

from floe.adapters.dbt import quick_tables

_DBTS = agate_helper.empty_table


def test_the_table_is_that_of_dbt() -> None:
    ours, theirs = quick_tables.empty_table(), _DBTS()
    assert type(ours) is type(theirs)
    assert {name: contents(part) for name, part in vars(ours).items()} == {
        name: contents(part) for name, part in vars(theirs).items()
    }
    assert agate_helper.as_matrix(ours) == agate_helper.as_matrix(theirs)


def contents(part: object) -> object:
    if isinstance(part, agate_helper.agate.MappedSequence):
        return type(part), part.keys(), tuple(part)
    return part


def test_no_two_statements_share_a_table() -> None:
    assert quick_tables.empty_table() is not quick_tables.empty_table()


def test_dbt_makes_empty_tables_by_the_name_that_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(agate_helper, "empty_table", _DBTS)
    quick_tables.install()
    assert agate_helper.empty_table is quick_tables.empty_table
    monkeypatch.setattr(agate_helper, "empty_table", lambda: "the table")

    class Manager(SQLConnectionManager):  # type: ignore[misc] # dbt tells no types
        def __init__(self) -> None:
            """Know nothing."""

        def _add_query_comment(self, sql: str) -> str:
            return sql

        def add_query(self, *_: object, **__: object) -> tuple[None, None]:
            return None, None

        def get_response(self, cursor: None) -> None:
            """Return nothing."""

    Manager.__abstractmethods__ = frozenset()
    _, table = Manager().execute("create view v as select 1")
    assert table == "the table"


def test_a_dbt_that_does_something_else_there_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def other() -> None:
        """Do something else."""

    monkeypatch.setattr(agate_helper, "empty_table", other)
    quick_tables.install()
    assert agate_helper.empty_table is other
    monkeypatch.delattr(agate_helper, "empty_table")
    quick_tables.install()
    assert not hasattr(agate_helper, "empty_table")
