"""Dagster: assets, checks, jobs and the orchestrator around dbt."""
