"""fakesnow on a port of the loopback, as a program: ``python fakesnow_server.py PORT``.

DuckDB, in which fakesnow keeps its tables, has temporary tables only in a catalogue of their own,
while dbt-snowflake makes them beside the others, in a database and a schema. Here those are
tables like any other.
"""

import sys
from typing import Any

from fakesnow.cli import main
from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import exp

_transform = FakeSnowflakeCursor._transform


def _lasting(self: FakeSnowflakeCursor, expression: exp.Expression, params: Any) -> Any:
    """Turn *expression* into DuckDB's SQL; what has a place of its own is not temporary."""
    if isinstance(expression, exp.Create):
        table = expression.find(exp.Table)
        temporary = expression.find(exp.TemporaryProperty)
        if temporary is not None and table is not None and table.db:
            temporary.pop()
    return _transform(self, expression, params)


if __name__ == "__main__":
    FakeSnowflakeCursor._transform = _lasting
    sys.exit(main(["--server", "--port", sys.argv[1]]))
