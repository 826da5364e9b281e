"""What a run looks like in time, for a telemetry backend."""

from typing import Protocol

from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.run import RunContext, RunSummary
from floe.domain.model.run_ledger import RunTransition


class Tracer(Protocol):
    """Tell a telemetry backend how long everything took, and how it ended.

    Spans are made at the end of what they describe, with dbt's own times. Third parties add
    tracers under the entry-point group ``floe.tracing``, as for lineage.
    """

    def record(self, transition: RunTransition) -> None:
        """Make a span and measurements of *transition* where it is an end; a start makes none.

        The call does not wait for the network. A transition may come again: the span has the
        same id.

        Raises:
            TelemetryError: It could not be kept.
        """

    def record_run(self, context: RunContext, summary: RunSummary) -> None:
        """Make the span of the whole run, the parent of all its invocations.

        Raises:
            TelemetryError: It could not be kept.
        """

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Deliver what can be delivered within *timeout_s* seconds and return the account.

        A second call returns the same account.
        """
