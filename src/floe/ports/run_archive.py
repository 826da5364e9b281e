"""What earlier runs leave behind for later ones."""

from typing import Protocol

from floe.domain.model.archived_run import ArchivedRun


class RunArchive(Protocol):
    """Keep the newest runs of a project."""

    def keep(self, run: ArchivedRun) -> None:
        """Keep *run*, and let go of the oldest where there are too many.

        The same run again replaces what was kept. A failure only forgets the run: an archive
        never stands in the way of a pipeline.
        """

    def recent(self, limit: int) -> tuple[ArchivedRun, ...]:
        """Return up to *limit* runs, the newest first; what cannot be read is passed over."""

    def read(self, run_id: str) -> ArchivedRun | None:
        """Return the run *run_id*, or None where it is not kept."""
