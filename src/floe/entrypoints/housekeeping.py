"""What is done for the outbox of a project beside its runs: end what died, drop what is old."""

from contextlib import suppress
from datetime import timedelta

from floe.container import Container, recovered
from floe.domain.model.errors import BackendError
from floe.domain.model.settings import Off, Plugin, Settings
from floe.domain.model.value import utc_now
from floe.domain.use_cases.deliver import prune, recover

_PRUNED = "pruned"
"""What the memory calls the day of the last prune."""


class Housekeeping:
    """Keeps the outbox of *container* in order, as *settings* say."""

    def __init__(self, container: Container, settings: Settings) -> None:
        self._container = container
        self._settings = settings

    def recover(self) -> int:
        """End the lineage of runs whose process died, and return how many there were.

        Raises:
            OutboxError: The outbox cannot be used.
        """
        return recover(outbox=self._container.outbox(), stamp=recovered)

    def prune(self, older_than: timedelta | None = None) -> int:
        """Drop what is older than the settings let it be, or than *older_than*; return how many.

        Raises:
            OutboxError: The outbox cannot be used.
        """
        kept = self._settings.retention
        waiting, refused = (
            older_than if days is None or older_than is not None else timedelta(days=days)
            for days in (kept.waiting_days, kept.refused_days)
        )
        return prune(upkeep=self._container.upkeep(), waiting=waiting, refused=refused)

    def tidy(self) -> None:
        """Recover, and prune once a day, where lineage is on; a failure does not matter."""
        if isinstance(self._settings.lineage, Off | Plugin):
            return
        with suppress(BackendError):
            self.recover()
            self._prune_once_a_day()

    def _prune_once_a_day(self) -> None:
        memory, today = self._container.memory(), utc_now().date().isoformat()
        if memory.recall(_PRUNED) != today:
            self.prune()
            memory.keep(_PRUNED, today)
