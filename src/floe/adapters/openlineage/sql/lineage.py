"""The column lineage of one SQL text."""

from collections.abc import Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from floe.adapters.openlineage.sql.columns import trace_columns
from floe.adapters.openlineage.sql.plain import trace_plain_columns
from floe.adapters.openlineage.sql.query import InputRelation, parse_query, qualified
from floe.domain.model.column_lineage import RelationLineage


def lineage_of_sql(
    sql: str, relations: Sequence[InputRelation], dialect: Dialect
) -> RelationLineage:
    """Return the lineage of the last query in *sql*, which may read *relations*.

    Raises:
        UnreadableSqlError: It cannot be understood.
    """
    query = parse_query(sql, dialect)
    try:
        plain = trace_plain_columns(query, relations, dialect)
        return plain if plain is not None else trace_columns(qualified(query, relations, dialect))
    finally:
        _take_apart(query)


def _take_apart(query: exp.Expr) -> None:
    """Free the parts of *query* of each other.

    Parts that know what they are part of are otherwise freed by the garbage collector alone, which
    searches the whole process for them once for every few queries.
    """
    for node in query.walk():
        node.parent = None
