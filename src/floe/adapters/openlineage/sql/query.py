"""Make compiled SQL ready for questions about its columns: parsed, qualified, stars expanded."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from threading import local
from typing import NamedTuple

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect, NormalizationStrategy
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.parser import Parser
from sqlglot.schema import MappingSchema
from sqlglot.tokens import Tokenizer

SPELLING = "floe_spelling"
"""The key under which an identifier's ``meta`` keeps how it was written."""
_FOLDING = {NormalizationStrategy.LOWERCASE, NormalizationStrategy.UPPERCASE}
_DIALECTS = {"fabric": "tsql", "sqlserver": "tsql"}


class InputRelation(NamedTuple):
    """A relation that a query may read: *parts* of its name, *columns* name → type, in order."""

    unique_id: str
    parts: tuple[str, ...]
    columns: Mapping[str, str | None]


class Query(NamedTuple):
    """A qualified query: inner *scopes* before outer ones; *relations* by their stand-in name."""

    scopes: Sequence[Scope]
    relations: Mapping[str, InputRelation]
    dialect: Dialect

    @property
    def folds(self) -> bool:
        """Whether the warehouse itself folds unquoted names, so that spelling is lost there."""
        return folds(self.dialect)


class UnreadableSqlError(ValueError):
    """The SQL is not a query that can be understood."""


class _Readers(local):
    """What reads SQL, for each dialect; it reads one text at a time, so each thread has its own.

    To make them anew costs a fifth of what it costs to read a query.
    """

    def __init__(self) -> None:
        self._known: dict[Dialect, tuple[Tokenizer, Parser]] = {}

    def parsed(self, sql: str, dialect: Dialect) -> list[exp.Expr | None]:
        """Return the statements in *sql*."""
        known = self._known.get(dialect)
        if known is None:
            known = self._known[dialect] = dialect.tokenizer(), dialect.parser()
        tokenizer, parser = known
        return parser.parse(tokenizer.tokenize(sql), sql)


_READERS = _Readers()


@cache
def dialect_of(adapter_type: str) -> Dialect:
    """Return sqlglot's dialect for a dbt adapter; standard SQL for one that it does not know."""
    try:
        return Dialect.get_or_raise(_DIALECTS.get(adapter_type, adapter_type))
    except ValueError:
        return Dialect.get_or_raise(None)


def folds(dialect: Dialect) -> bool:
    """Return whether names that are not quoted lose their spelling in the warehouse."""
    return dialect.normalization_strategy in _FOLDING


@lru_cache(10_000)
def normalized(name: str, dialect: Dialect, *, quoted: bool = True) -> str:
    """Return *name* as the dialect compares it."""
    return dialect.normalize_identifier(exp.to_identifier(name, quoted=quoted)).name


def parse_query(sql: str, dialect: Dialect) -> exp.Query:
    """Return the last query in *sql*.

    Raises:
        UnreadableSqlError: sqlglot does not parse it, or there is no query in it.
    """
    try:
        parsed = _READERS.parsed(sql, dialect)
        queries = [item for item in parsed if isinstance(item, exp.Query)]
    except (SqlglotError, RecursionError) as error:
        raise UnreadableSqlError(str(error)) from error
    if not queries:
        msg = "no query"
        raise UnreadableSqlError(msg)
    return queries[-1]


def qualified(query: exp.Query, relations: Sequence[InputRelation], dialect: Dialect) -> Query:
    """Return *query*, rewritten: every column traced to a source, every ``*`` written out.

    Each relation stands in the query under a name of one part, because relations of several
    depths (with and without a database) cannot be in one sqlglot schema.

    Raises:
        UnreadableSqlError: sqlglot cannot make sense of it.
    """
    if any(map(_makes_columns_of_its_own, query.find_all(exp.MatchRecognize, exp.Pivot))):
        msg = "sqlglot does not tell the columns that MATCH_RECOGNIZE, or PIVOT as a query, makes"
        raise UnreadableSqlError(msg)
    try:
        for identifier in query.find_all(exp.Identifier):
            identifier.meta[SPELLING] = identifier.name
        normalize_identifiers(query, dialect=dialect)
        stand_ins = _stand_in(query, relations, dialect)
        rewritten = qualify(
            query,
            schema=_schema(stand_ins, dialect),
            dialect=dialect,
            validate_qualify_columns=False,
            allow_partial_qualification=True,
            quote_identifiers=False,
            identify=False,
            isolate_tables=False,
        )
        return Query(traverse_scope(rewritten), stand_ins, dialect)
    except (SqlglotError, RecursionError) as error:
        raise UnreadableSqlError(str(error)) from error


def _makes_columns_of_its_own(node: exp.Expr) -> bool:
    """Return whether *node* is no PIVOT behind a table, but DuckDB's, which is a query itself."""
    return isinstance(node, exp.MatchRecognize) or node.args.get("this") is not None


def _stand_in(
    query: exp.Query, relations: Sequence[InputRelation], dialect: Dialect
) -> dict[str, InputRelation]:
    """Rename the tables in *query* that are *relations*, and keep the aliases that it uses."""
    known = [
        (tuple(normalized(part, dialect).lower() for part in item.parts), item)
        for item in relations
    ]
    shadowed = {cte.alias_or_name.lower() for cte in query.find_all(exp.CTE)}
    stand_ins: dict[str, InputRelation] = {}
    for table in query.find_all(exp.Table):
        parts = tuple(part.name.lower() for part in table.parts)
        relation = (
            None if len(parts) == 1 and parts[0] in shadowed else match_relation(parts, known)
        )
        if relation is None:
            continue
        number = relations.index(relation)
        name = normalized(f"floe_{number}", dialect, quoted=False)
        stand_ins[name] = relation
        if not table.alias:
            alias = exp.TableAlias(this=table.this.copy())
            table.set("alias", alias)
        table.set("this", exp.to_identifier(name))
        table.set("db", None)
        table.set("catalog", None)
    names = {table.alias_or_name for table in query.find_all(exp.Table)}
    for column in query.find_all(exp.Column):
        # What is no table before the last dot is a column, and what follows are its fields.
        if column.args.get("db") and column.table in names:
            column.set("db", None)
            column.set("catalog", None)
    return stand_ins


def match_relation(
    parts: tuple[str, ...], known: Sequence[tuple[tuple[str, ...], InputRelation]]
) -> InputRelation | None:
    """Return the one relation whose name ends as *parts*, or begins beyond what dbt knows of."""
    for name, item in known:
        if name == parts:
            return item
    found = [
        item
        for name, item in known
        if name and parts and (name[-len(parts) :] == parts or parts[-len(name) :] == name)
    ]
    return found[0] if len(found) == 1 else None


def _schema(stand_ins: Mapping[str, InputRelation], dialect: Dialect) -> MappingSchema:
    schema = MappingSchema(dialect=dialect, normalize=False)
    folding = folds(dialect)
    for name, relation in stand_ins.items():
        columns = {
            column if folding else normalized(column, dialect): kind or "unknown"
            for column, kind in relation.columns.items()
        }
        if columns:
            schema.add_table(
                exp.to_table(name),
                columns,
                normalize=False,
                match_depth=False,
            )
    return schema
