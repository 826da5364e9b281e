"""The component that ``dg`` users name: ``type: floe.entrypoints.component.FloeProject``."""

from pathlib import Path
from typing import TYPE_CHECKING

from floe.container import dagster_component
from floe.entrypoints.asset_factory import load

if TYPE_CHECKING:
    from floe.adapters.dagster.component import ProjectComponent
    from floe.adapters.dagster.services import Services
else:
    ProjectComponent = dagster_component()


class FloeProject(ProjectComponent):
    """Everything that a contract document defines: assets, checks, jobs, schedules, sensors."""

    def services(self, artifacts: Path) -> "Services":
        """Return the project of the contract document *artifacts*, ready to run."""
        return load(artifacts)
