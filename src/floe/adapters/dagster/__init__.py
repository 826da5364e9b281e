"""Dagster: assets, checks, jobs and the orchestrator around dbt."""

from floe.adapters.dagster.quick_import import load_dagster_dbt

load_dagster_dbt()
