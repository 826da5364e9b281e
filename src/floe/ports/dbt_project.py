"""The way in for what stands in a dbt project's own files."""

from pathlib import Path
from typing import Protocol

from floe.domain.model.run import LastRun


class DbtProjectFiles(Protocol):
    """Look into a dbt project without running dbt."""

    def is_project(self, directory: Path) -> bool:
        """Return whether *directory* holds a ``dbt_project.yml``; a missing directory does not."""

    def profile_name(self, directory: Path) -> str | None:
        """Return the ``profile:`` of the project, or None where it cannot be read or has none."""

    def project_name(self, directory: Path) -> str | None:
        """Return the ``name:`` of the project, or None where it cannot be read or has none."""

    def exists(self, path: Path) -> bool:
        """Return whether there is a file at *path*."""

    def last_run(self, directory: Path) -> LastRun | None:
        """Return the run whose results dbt left in *directory*.

        None where there are no results that can be read.
        """

    def variables_of_environment(self, directory: Path) -> frozenset[str]:
        """Return the environment variables that the files of the project name, as far as seen.

        A name that dbt puts together is not seen.
        """

    def fingerprint(self, directory: Path) -> str:
        """Return a text that changes whenever a file that dbt parses changes.

        Two calls over unchanged files give the same text; content decides where time stamps
        cannot.
        """
