"""What floe knows of each target, by its name."""

from collections.abc import Mapping
from types import MappingProxyType

from floe.adapters.profiles import (
    bigquery,
    databricks,
    duckdb,
    postgres,
    redshift,
    snowflake,
    spark,
)
from floe.adapters.profiles.table import Table

_MODULES = (duckdb, snowflake, bigquery, redshift, databricks, postgres, spark)

TABLES: Mapping[str, Table] = MappingProxyType({each.TABLE.name: each.TABLE for each in _MODULES})
