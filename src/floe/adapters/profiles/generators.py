"""floe's own generators: a table for each target, and what reads it."""

from floe.adapters.profiles import (
    bigquery,
    databricks,
    duckdb,
    postgres,
    redshift,
    snowflake,
    spark,
)
from floe.adapters.profiles.generator import TabularProfileGenerator


class DuckDBProfileGenerator(TabularProfileGenerator):
    """Make profiles for dbt-duckdb. They need no variable."""

    table = duckdb.TABLE


class SnowflakeProfileGenerator(TabularProfileGenerator):
    """Make profiles for dbt-snowflake."""

    table = snowflake.TABLE


class BigQueryProfileGenerator(TabularProfileGenerator):
    """Make profiles for dbt-bigquery. They always name the project: dbt asks Google otherwise."""

    table = bigquery.TABLE


class RedshiftProfileGenerator(TabularProfileGenerator):
    """Make profiles for dbt-redshift."""

    table = redshift.TABLE


class DatabricksProfileGenerator(TabularProfileGenerator):
    """Make profiles for dbt-databricks."""

    table = databricks.TABLE


class PostgreSQLProfileGenerator(TabularProfileGenerator):
    """Make profiles for dbt-postgres."""

    table = postgres.TABLE


class SparkProfileGenerator(TabularProfileGenerator):
    """Make profiles for dbt-spark."""

    table = spark.TABLE
