"""Lineage of what is planned, before anything runs."""

from typing import Protocol, runtime_checkable

from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.manifest import ProjectGraph


@runtime_checkable
class DesignEmitter(Protocol):
    """Tell a lineage backend what a project is made of."""

    def emit_design(self, graph: ProjectGraph) -> int:
        """Keep an event for every job and dataset of *graph*, and return how many.

        Raises:
            LineageError: An event could not be kept.
        """

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Deliver what can be delivered within *timeout_s* seconds and return the account."""
