"""What is said of a dbt that died."""

import signal

from floe.adapters.dbt.event_mapping import plain
from floe.domain.model.errors import DbtRunError, Problem


def died(exit_code: int | None, last_words: str = "") -> DbtRunError:
    """Return the error for a dbt that ended by a signal or without an account of itself."""
    said = plain(last_words).strip()
    what = f"dbt died{_how(exit_code)} without an account of itself"
    return DbtRunError(
        Problem(
            f"{what}; its last words:\n{said}" if said else what,
            fix="look for memory limits and for who else sends signals; then run it again",
        )
    )


def _how(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return ""
    try:
        return f" by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f" by signal {-exit_code}"
