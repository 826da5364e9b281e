"""What views of a run have in common: its title, its size, what is loud, and what is news."""

import logging
from collections.abc import Mapping
from types import TracebackType

from floe.domain.model.node_event import DbtEvent, LogEmitted, NodeStarted
from floe.domain.model.run import RunContext

_LOUD: Mapping[str, int] = {
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class WholeLines:
    """A view whose every line is complete by itself, so that leaving it changes nothing."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing."""


def title(context: RunContext) -> str:
    """Return what is about to run, in one line."""
    target = ":".join(part for part in (context.target, context.target_name) if part)
    parts = (context.pipeline, target, context.orchestrator, f"run {context.run_id[:8]}")
    return "floe run · " + " · ".join(part for part in parts if part)


def announced_total(event: DbtEvent) -> int | None:
    """Return how many nodes dbt says it will run, where *event* tells."""
    if not isinstance(event, LogEmitted | NodeStarted) or event.raw is None:
        return None
    data = event.raw.get("data")
    total = data.get("total") if isinstance(data, Mapping) else None
    return total if isinstance(total, int) and total > 0 else None


def is_news(event: LogEmitted, *, failed: bool) -> bool:
    """Return whether a person should read *event* now.

    Warnings and errors are news, unless they are about a node, whose own line says it; errors
    after a failure are dbt's summary of what the closing summary says again.
    """
    level = loudness(event)
    loud = level == logging.WARNING or (level == logging.ERROR and not failed)
    return loud and event.unique_id is None


def loudness(event: LogEmitted) -> int | None:
    """Return the level of ``logging`` at which dbt warns by *event*, None where it only talks."""
    return _LOUD.get(event.level.lower())
