"""The rows that DuckDB says it wrote: its dbt adapter answers every statement with "OK" alone.

DuckDB ends a ``create table as`` and an ``insert`` with one row that counts what was written.
Where dbt does not fetch a result, nobody reads it; it costs no query. This module is loaded into
processes that belong to dbt: it imports nothing else of floe.
"""

import contextlib
import dataclasses
import threading
from functools import wraps
from typing import Any

_CALL = threading.local()
_COUNT = "Count"


def report_rows() -> None:
    """Have dbt report them from now on, where it works on DuckDB; else nothing happens."""
    from dbt.adapters.factory import FACTORY

    for adapter in FACTORY.adapters.values():
        if adapter.type() == "duckdb":
            _teach(type(adapter.connections))


def _teach(connections: Any) -> None:  # noqa: ANN401 - a class of dbt-duckdb's
    if hasattr(connections.execute, "__wrapped__"):
        return
    execute, get_response = connections.execute, connections.get_response

    @wraps(execute)
    def noting_whether_rows_are_fetched(
        self: Any,  # noqa: ANN401 - likewise
        sql: str,
        auto_begin: bool = False,  # noqa: FBT001, FBT002 - dbt's own signature
        fetch: bool = False,  # noqa: FBT001, FBT002 - likewise
        limit: int | None = None,
    ) -> Any:  # noqa: ANN401 - likewise
        _CALL.fetches, _CALL.written = fetch, None
        try:
            return execute(self, sql, auto_begin, fetch, limit)
        finally:
            _CALL.fetches = True

    def with_rows(_cls: Any, cursor: Any) -> Any:  # noqa: ANN401 - likewise
        response = get_response(cursor)
        if getattr(_CALL, "fetches", True):
            return response
        if _CALL.written is None:
            # dbt asks twice, first for its log; the row is there once.
            _CALL.written = _written(cursor)
        return dataclasses.replace(response, rows_affected=_CALL.written)

    connections.execute = noting_whether_rows_are_fetched
    connections.get_response = classmethod(with_rows)


def _written(cursor: Any) -> int | None:  # noqa: ANN401 - DuckDB's, wrapped
    """Return the count that the last statement ended with; a view ends with none."""
    with contextlib.suppress(Exception):
        if [column[0] for column in cursor.description or ()] == [_COUNT]:
            row = cursor.fetchone()
            return int(row[0]) if row else None
    return None
