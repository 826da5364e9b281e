"""Relations that tell by few looks that they are not the one that is looked for.

dbt looks for a relation among all that its schema has, a few times for each node, and compares
database, schema and name of each in turn: that grows with the square of the models, and is a
seventh of the CPU of a run of 1,000. A relation of another name, whatever its case and its quotes,
is neither the one nor nearly the one, which would be an error.

Which relations a schema has dbt finds out by its cache, where it asks each for its schema and its
database, in small letters. One answer does for all that lie in the same place.

Replaced are ``BaseRelation.matches`` (``dbt.adapters.base.relation``) and
``RelationsCache.get_relations`` (``dbt.adapters.cache``); what adapters have instead stays. Where
one has moved, dbt works as before.
"""

from collections.abc import Callable
from functools import wraps
from itertools import compress
from operator import attrgetter
from typing import Any, TypeAlias

from dbt.adapters.base.relation import BaseRelation
from dbt.adapters.cache import RelationsCache
from dbt_common.utils.formatting import lowercase

from floe.adapters.dbt.names_used import names_used

_Matches: TypeAlias = Callable[..., bool]
_Relations: TypeAlias = Callable[..., Any]

_PLACE = attrgetter("path.database", "path.schema")
_FINDS_BY = frozenset({"lowercase", "lock", "relations", "values", "NoneRelationFoundError"})
"""The names that the method of the cache uses, at least."""


def install() -> None:
    """Have dbt look so, in this process, from now on."""
    matches = getattr(BaseRelation, "matches", None)
    if matches is not None and not hasattr(matches, "__wrapped__"):
        BaseRelation.matches = by_name_first(matches)
    finds: Any = getattr(RelationsCache, "get_relations", None)
    if frozenset(names_used(finds)) >= _FINDS_BY:
        RelationsCache.get_relations = by_place(finds)


def by_place(dbts_relations: _Relations) -> _Relations:
    """Return dbt's own *dbts_relations*, which is asked where a relation has ways of its own."""

    @wraps(dbts_relations)
    def get_relations(self: Any, database: str | None, schema: str | None) -> Any:  # noqa: ANN401
        with self.lock:
            relations = [cached.inner for cached in self.relations.values()]
        if not all(map(_lies_where_its_path_says, set(map(type, relations)))):
            return dbts_relations(self, database, schema)
        places = list(map(_PLACE, relations))
        wanted = lowercase(database), lowercase(schema)
        # In small letters twice, as the cache has them.
        is_here = {
            place: tuple(lowercase(lowercase(part)) for part in place) == wanted
            for place in set(places)
        }
        return list(compress(relations, map(is_here.__getitem__, places)))

    return get_relations


def _lies_where_its_path_says(kind: Any) -> bool:  # noqa: ANN401 - a relation's, or None's
    return (
        getattr(kind, "database", None) is BaseRelation.database
        and getattr(kind, "schema", None) is BaseRelation.schema
    )


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
