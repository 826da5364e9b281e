"""The column lineage of one SQL text."""

from collections.abc import Sequence

from sqlglot.dialects.dialect import Dialect

from floe.adapters.openlineage.sql_columns import trace_columns
from floe.adapters.openlineage.sql_plain import trace_plain_columns
from floe.adapters.openlineage.sql_query import InputRelation, parse_query, qualified
from floe.domain.model.column_lineage import RelationLineage


def lineage_of_sql(
    sql: str, relations: Sequence[InputRelation], dialect: Dialect
) -> RelationLineage:
    """Return the lineage of the last query in *sql*, which may read *relations*.

    Raises:
        UnreadableSqlError: It cannot be understood.
    """
    query = parse_query(sql, dialect)
    plain = trace_plain_columns(query, relations, dialect)
    return plain if plain is not None else trace_columns(qualified(query, relations, dialect))
