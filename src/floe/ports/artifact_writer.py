"""The way out for contract documents."""

from pathlib import Path
from typing import Protocol

from floe.domain.model.pipeline import Pipeline


class ArtifactWriter(Protocol):
    """Write a pipeline down as a contract document."""

    def write(self, pipeline: Pipeline, path: Path) -> Path:
        """Replace the document at *path* atomically and return *path*.

        An ``ArtifactReader`` makes an equivalent pipeline of it. Equal pipelines give equal
        bytes. The file is readable by its owner only; missing folders are made.

        Raises:
            ArtifactError: The document could not be written; what was there is intact.
        """
