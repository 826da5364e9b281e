"""fakesnow on a port of the loopback, as a program: ``python fakesnow_server.py PORT``.

Two of its ways do not suit dbt-snowflake, and are changed here:

- DuckDB, in which fakesnow keeps its tables, has temporary tables only in a catalogue of their
  own, while dbt makes them beside the others, in a database and a schema. Those are tables like
  any other here.
- fakesnow takes a merge apart, and then cannot tell a value to insert from the target's column of
  the same name. Such values get the name of the source, from which alone they can come.
"""

import sys
from typing import Any

from fakesnow import transforms
from fakesnow.cli import main
from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import exp

_transform = FakeSnowflakeCursor._transform
_merge = transforms.merge


def _lasting(self: FakeSnowflakeCursor, expression: exp.Expression, params: Any) -> Any:
    """Turn *expression* into DuckDB's SQL; what has a place of its own is not temporary."""
    if isinstance(expression, exp.Create):
        table = expression.find(exp.Table)
        temporary = expression.find(exp.TemporaryProperty)
        if temporary is not None and table is not None and table.db:
            temporary.pop()
    return _transform(self, expression, params)


def _plain_merge(expression: exp.Expression) -> Any:
    """Take *expression* apart, if it is a merge, with every value to insert named in full."""
    if isinstance(expression, exp.Merge):
        source = expression.args["using"].alias_or_name
        for insert in expression.find_all(exp.Insert):
            for value in insert.expression.find_all(exp.Column):
                if not value.table:
                    value.set("table", exp.to_identifier(source))
    return _merge(expression)


if __name__ == "__main__":
    FakeSnowflakeCursor._transform = _lasting
    transforms.merge = _plain_merge
    sys.exit(main(["--server", "--port", sys.argv[1]]))
