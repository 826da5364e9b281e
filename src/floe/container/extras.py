"""Which extra of floe brings a package that is missing."""

from collections.abc import Callable
from typing import Any

from floe.domain.model.errors import EnvironmentNotReadyError, Problem

_EXTRAS = {
    "dagster": "dagster",
    "dagster_dbt": "dagster",
    "dagster_webserver": "dev-ui",
    "google": "otlp",
    "grpc": "otlp-grpc",
    "opentelemetry": "otlp",
}
"""Package → the extra that installs it."""


def lacking(error: Exception) -> EnvironmentNotReadyError | None:
    """Return which extra to install; None where *error* is about no package of an extra."""
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    package = (name or "").partition(".")[0]
    if package not in _EXTRAS:
        return None
    fix = f"pip install 'floe[{_EXTRAS[package]}]'"
    return EnvironmentNotReadyError(Problem(f"{package} is not installed", fix=fix))


def made(make: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is made
    """Return what *make* makes.

    Raises:
        EnvironmentNotReadyError: An extra of floe is not installed.
    """
    try:
        return make()
    except ModuleNotFoundError as error:
        raise lacking(error) or error from None
