"""dbt: its manifest, its project files, and the ways to run it."""
