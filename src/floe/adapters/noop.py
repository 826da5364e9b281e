"""Adapters that do nothing, on purpose: what runs when a concern is switched off."""

from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.run import RunContext, RunSummary
from floe.domain.model.run_ledger import RunTransition


class NoOpLineageEmitter:
    """Accept every transition and keep none. Switched off is not broken: it never raises."""

    def emit(self, transition: RunTransition) -> None:
        """Do nothing."""

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:  # noqa: ARG002 - the port's
        """Return at once: nothing was kept, so nothing is owed."""
        return ()


class NoOpTracer:
    """Accept every transition and measure none."""

    def record(self, transition: RunTransition) -> None:
        """Do nothing."""

    def record_run(self, context: RunContext, summary: RunSummary) -> None:
        """Do nothing."""

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:  # noqa: ARG002 - the port's
        """Return at once: nothing was kept, so nothing is owed."""
        return ()
