"""Relations that tell by their name alone that they are not the one that is looked for.

dbt looks for a relation among all that its schema has, a few times for each node, and compares
database, schema and name of each in turn: that grows with the square of the models, and is a
seventh of the CPU of a run of 1,000. A relation of another name, whatever its case and its quotes,
is neither the one nor nearly the one, which would be an error.

Replaced is ``BaseRelation.matches`` (``dbt.adapters.base.relation``); what adapters have instead
stays. Where it has moved, dbt works as before.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from dbt.adapters.base.relation import BaseRelation

_Matches: TypeAlias = Callable[..., bool]


def install() -> None:
    """Have dbt look at names first, in this process, from now on."""
    matches = getattr(BaseRelation, "matches", None)
    if matches is not None and not hasattr(matches, "__wrapped__"):
        BaseRelation.matches = by_name_first(matches)


def by_name_first(dbts_matches: _Matches) -> _Matches:
    """Return dbt's own *dbts_matches*, which is asked where the name is the right one."""

    @wraps(dbts_matches)
    def matches(
        self: Any,  # noqa: ANN401 - dbt tells no types
        database: str | None = None,
        schema: str | None = None,
        identifier: str | None = None,
    ) -> bool:
        name, quote = self.path.identifier, self.quote_character
        if (
            identifier is not None
            and name is not None
            and name.lower().strip(quote) != identifier.lower().strip(quote)
        ):
            return False
        return dbts_matches(self, database, schema, identifier)

    return matches
