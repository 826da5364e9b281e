"""Dagster definitions of a project, for a code location of the user's own."""

from pathlib import Path
from typing import TYPE_CHECKING

from floe.container import dagster_asset_factory
from floe.domain.model.plan import RunPlan
from floe.entrypoints.project import open_project

if TYPE_CHECKING:
    from floe.adapters.dagster.assets import FloeAssetFactory as _FloeAssetFactory
    from floe.adapters.dagster.services import Services, ServicesLoader
else:
    _FloeAssetFactory = dagster_asset_factory()


class FloeAssetFactory(_FloeAssetFactory):
    """Makes Dagster definitions of contract documents, by path.

    ``FloeAssetFactory().create_definitions("floe.yaml")`` is what a code location needs. dbt
    parses the project first where it changed since the last time.
    """

    def __init__(self, loader: "ServicesLoader | None" = None) -> None:
        super().__init__(loader or load)


def load(project: RunPlan | Path | str) -> "Services":
    """Return the project of a contract document, its profiles written and its manifest fresh.

    Raises:
        ConfigurationError: The contract or the project cannot be used.
    """
    path = project.pipeline.source if isinstance(project, RunPlan) else project
    return open_project(path).dagster_services()
