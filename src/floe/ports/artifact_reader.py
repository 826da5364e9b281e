"""The way in for contract documents."""

from pathlib import Path
from typing import Protocol

from floe.domain.model.pipeline import Pipeline


class ArtifactReader(Protocol):
    """Read a contract document of any dialect."""

    def read(self, path: Path) -> Pipeline:
        """Return what the document at *path* says; reading twice gives equal values.

        Nothing but the document and the files that it names is read: no environment, no network.

        Raises:
            ArtifactError: There is no such file, it is not a document of any known dialect, or
                it breaks the contract. Every problem is named at once, by file and JSON path,
                and never by the offending value.
        """
