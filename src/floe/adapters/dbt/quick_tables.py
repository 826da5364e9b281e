"""Empty tables, made without the readers of dates and numbers that have nothing to read.

dbt makes an empty table of agate's for each statement that returns no rows. To find out what its
columns are, of which there are none, agate sets up a reader for each type that a column can have,
with the calendars of the locale.

Replaced is ``empty_table`` (``dbt_common.clients.agate_helper``). Where it has moved, or does
something else, dbt works as before.
"""

from typing import Any

from dbt_common.clients import agate_helper

from floe.adapters.dbt.names_used import names_used

_MAKES_BY = ("agate", "Table")
"""The names that the function which is replaced uses."""


def install() -> None:
    """Have dbt make its empty tables with :func:`empty_table`, in this process, from now on."""
    dbts = getattr(agate_helper, "empty_table", None)
    if names_used(dbts) == _MAKES_BY:
        agate_helper.empty_table = empty_table


def empty_table() -> Any:  # noqa: ANN401 - agate tells no types
    """Return a table without rows and columns."""
    return agate_helper.agate.Table(rows=[], column_types=())
