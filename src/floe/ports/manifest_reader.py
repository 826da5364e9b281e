"""The way in for dbt's own knowledge of a project."""

from pathlib import Path
from typing import Protocol

from floe.domain.model.manifest import ProjectGraph


class ManifestReader(Protocol):
    """Read dbt's ``manifest.json``."""

    def read(self, path: Path) -> ProjectGraph:
        """Return the graph of the manifest (schema v12) at *path*.

        A file that changed since the last call is read again.

        Raises:
            ArtifactError: There is no such file (the message names ``dbt parse``), or it is not
                a manifest that floe knows.
        """
