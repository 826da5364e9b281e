"""What tells a function of dbt's that is replaced from one that has become another."""

from typing import Any


def names_used(function: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever dbt has there
    """Return the names that *function* uses, in order; none where it is no function of Python's."""
    return tuple(getattr(getattr(function, "__code__", None), "co_names", ()))
