"""The code location of a project by dagster-dbt alone, for ``dagster asset materialize``."""

from pathlib import Path

from benchmarks.deployed import of_dagster_dbt

defs = of_dagster_dbt(Path.cwd())
