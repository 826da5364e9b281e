"""Progress as log lines: what the story of the nodes leaves out."""

import logging
from collections.abc import Sequence
from typing import Self

from floe.domain.model.closing_account import ClosingAccount
from floe.domain.model.errors import Problem
from floe.domain.model.node_event import DbtEvent, LogEmitted
from floe.domain.model.run import RunContext
from floe.entrypoints.run_lines import WholeLines, loudness

_LOG = logging.getLogger("floe.cli")


class LogProgress(WholeLines):
    """Logs dbt's warnings, what kept a run from starting, and what became of its telemetry.

    The tracer tells the rest, the nodes and the end, to the same log.
    """

    def __init__(self, context: RunContext) -> None:
        self._ids = {
            "run_id": context.run_id,
            "trace_id": context.trace_id,
            "span_id": context.run_span_id,
            "openlineage_run_id": context.invocation_run_id,
        }
        self._context = context

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def on_event(self, event: DbtEvent) -> None:
        """Log *event* where dbt warns, with the ids of the node that it warns of."""
        if isinstance(event, LogEmitted) and (level := loudness(event)) is not None:
            ids = self._ids
            if event.unique_id:
                ids = ids | {
                    "node": event.unique_id,
                    "span_id": self._context.node_span_id(event.unique_id),
                    "openlineage_run_id": self._context.node_run_id(event.unique_id),
                }
            _LOG.log(level, "%s", event.text, extra=ids)

    def summary(self, account: ClosingAccount) -> None:
        """Log what became of lineage and telemetry."""
        for report in account.reports:
            level = logging.INFO if report.is_complete else logging.WARNING
            _LOG.log(level, "delivery", extra={**self._ids, **report.model_dump(exclude_none=True)})
        if account.lost:
            _LOG.warning("payloads could not be kept", extra={**self._ids, "lost": account.lost})

    def refusal(self, problems: Sequence[Problem], exit_code: int) -> None:
        """Log every problem."""
        for problem in problems:
            said = {"where": problem.where, "fix": problem.fix, "exit_code": exit_code}
            _LOG.error("%s", problem.what, extra={**self._ids, **said})
