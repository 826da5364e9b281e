"""A run for a person to look at."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.node_columns import NodeColumns


class ReportWriter(Protocol):
    """Write a page about one run."""

    def write(
        self,
        run: ArchivedRun,
        path: Path,
        *,
        earlier: tuple[ArchivedRun, ...] = (),
        columns: Mapping[str, NodeColumns] | None = None,
    ) -> Path:
        """Write the page about *run* to *path*, whole or not at all, and return its absolute path.

        The page needs nothing but itself: no network and no other file. *earlier* are runs to
        compare with, newest first. *columns* maps unique id → what is known of the node's columns;
        without it the page has the documented columns and no lineage between them.

        Raises:
            EnvironmentNotReadyError: The page cannot be written there.
        """
