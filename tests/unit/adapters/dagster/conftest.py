"""Import dagster-dbt once, before warnings are errors: sqlglot's optional tokenizer warns."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import dagster_dbt  # noqa: F401 - only for what it imports
