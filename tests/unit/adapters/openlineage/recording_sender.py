"""A sender that sends nothing and counts who asked it to."""

from floe.domain.model.delivery import DeliveryReport


class RecordingSender:
    """Counts ``wakes``; its account is empty."""

    def __init__(self) -> None:
        self.wakes = 0

    def wake(self) -> None:
        """Count."""
        self.wakes += 1

    def flush(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Return an account of nothing, within any *timeout_s*."""
        assert timeout_s >= 0
        return ()

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Return an account of nothing, within any *timeout_s*."""
        assert timeout_s >= 0
        return (DeliveryReport(destination="marquez"),)
