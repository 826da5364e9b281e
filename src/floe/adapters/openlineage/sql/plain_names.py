"""What a name means in a plain query, and what a query may say to be a plain one."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from floe.adapters.openlineage.sql.influence import ONLY_AS_IS
from floe.adapters.openlineage.sql.origins import Origins, Output
from floe.adapters.openlineage.sql.query import normalized

_LEAVES = (exp.Literal, exp.Boolean, exp.Null, exp.DataType, exp.Var, exp.JSONPath)
_TRANSPARENT = (
    exp.AtTimeZone,
    exp.Between,
    exp.Binary,
    exp.Bracket,
    exp.Distinct,
    exp.Filter,
    exp.Func,
    exp.IgnoreNulls,
    exp.In,
    exp.Interval,
    exp.Order,
    exp.Ordered,
    exp.RespectNulls,
    exp.Tuple,
    exp.Unary,
    exp.Window,
    exp.WithinGroup,
)
_NOT_TRANSPARENT = (
    exp.Columns,
    exp.Dot,
    exp.Explode,
    exp.Kwarg,
    exp.Prior,
    exp.PropertyEQ,
    exp.Query,
    exp.UDTF,
)


class NotPlainError(Exception):
    """The query does what has not been thought of here."""


class Source(NamedTuple):
    """What can be read from: *outputs* by name; of *relation* any column, as none are known."""

    outputs: Mapping[str, Output]
    influences: Origins
    relation: str | None = None

    def column(self, name: str) -> Output:
        """Return the column *name*."""
        found = self.outputs.get(name)
        if found is None and self.relation is not None:
            return Output(name, None, {(self.relation, name): ONLY_AS_IS})
        if found is None:
            raise NotPlainError
        return found


class Scope(NamedTuple):
    """Where a name stands: *outputs* are those it may mean before it means a column of a source.

    The *aliases* are those of the SELECT, which it may mean before one of a relation that may not
    have such a column.
    """

    sources: Mapping[str, Source]
    aliases: Collection[str]
    outputs: Mapping[str, Output]


@cache
def names_stand_alone(dialect: Dialect) -> bool:
    """Return whether a name in *dialect* means the same wherever it stands."""
    return (
        type(dialect).normalize_identifier is Dialect.normalize_identifier
        and not dialect.FORCE_EARLY_ALIAS_REF_EXPANSION
        and not dialect.DISABLES_ALIAS_REF_EXPANSION
        and not dialect.ANNOTATE_ALL_SCOPES
    )


class Names(dict[tuple[str, bool], str]):
    """A name, and whether it is quoted → the name as *dialect* compares it."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__()
        self._dialect = dialect

    def __missing__(self, key: tuple[str, bool]) -> str:
        """Work out what has not been asked for yet."""
        name, quoted = key
        self[key] = found = normalized(name, self._dialect, quoted=quoted)
        return found


@cache
def names_of(dialect: Dialect) -> Names:
    """Return the names that have been met in *dialect*."""
    return Names(dialect)


def opened_relation(projections: Sequence[exp.Expr], sources: Mapping[str, Source]) -> str | None:
    """Return the relation that a lone ``*`` passes on, when nobody knows its columns."""
    if len(projections) != 1 or len(sources) != 1 or type(projections[0]) is not exp.Star:
        return None
    (source,) = sources.values()
    if source.relation is not None:
        only(projections[0], set())
    return source.relation


def starred(projection: exp.Expr, sources: Mapping[str, Source], names: Names) -> Sequence[Source]:
    """Return the sources that *projection* writes out."""
    if type(projection) is exp.Star:
        only(projection, set())
        return list(sources.values())
    args = projection.args
    table = args.get("table")
    if type(projection) is not exp.Column or type(table) is not exp.Identifier:
        raise NotPlainError
    only(projection, {"this", "table"})
    only(args["this"], set())
    name = names[table.args["this"], bool(table.args.get("quoted"))]
    if name not in sources:
        raise NotPlainError
    return [sources[name]]


def only_source(name: str, sources: Mapping[str, Source]) -> Source:
    """Return the one of *sources* that has the column *name*."""
    if len(sources) == 1:
        return next(iter(sources.values()))
    if any(source.relation is not None for source in sources.values()):
        raise NotPlainError
    having = [source for source in sources.values() if name in source.outputs]
    if len(having) != 1:
        raise NotPlainError
    return having[0]


def only(node: exp.Expr, known: set[str]) -> None:
    """Refuse *node* when it says more than what is *known*."""
    args = node.args
    if args.keys() <= known:
        return
    for key, value in args.items():
        if value and key not in known:
            raise NotPlainError


class _Transparency(dict[type[exp.Expr], bool]):
    """Kind of node → whether it has parts to look at, or no columns at all."""

    def __missing__(self, kind: type[exp.Expr]) -> bool:
        transparent = issubclass(kind, _TRANSPARENT)
        if not issubclass(kind, _LEAVES) and (
            not transparent or issubclass(kind, _NOT_TRANSPARENT)
        ):
            raise NotPlainError
        self[kind] = transparent
        return transparent


TRANSPARENCY = _Transparency()
