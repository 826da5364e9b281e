"""Profiles: one generator per compute target, and the file that dbt reads."""
