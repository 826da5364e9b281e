"""A project as a Dagster component, for those who write definitions in YAML."""

import os
from abc import abstractmethod
from pathlib import Path
from typing import Any

from dagster import (
    Component,
    ComponentLoadContext,
    Definitions,
    Model,
    Resolvable,
    RetryPolicy,
    Scaffolder,
    ScaffoldRequest,
    scaffold_with,
)
from dagster.components import scaffold_component

from floe.adapters.dagster.assets import FloeAssetFactory
from floe.adapters.dagster.services import Services
from floe.adapters.dagster.splitting import Split

_CONTRACT = "floe.yaml"


class ProjectScaffolder(Scaffolder[Any]):
    """Writes the YAML of a component, with the contract found upward from its folder."""

    def scaffold(self, request: ScaffoldRequest[Any]) -> None:
        """Write it; where there is no contract yet, it is expected beside ``pyproject.toml``."""
        folder = request.target_path
        around = (parent for parent in folder.parents if (parent / _CONTRACT).is_file())
        root = next(around, request.project_root or folder)
        contract = Path(os.path.relpath(root / _CONTRACT, folder))
        scaffold_component(request, {"artifacts": contract.as_posix()})


@scaffold_with(ProjectScaffolder)
class ProjectComponent(Component, Model, Resolvable):
    """All that a contract document defines, in a few lines of YAML.

    An entry point derives the component that people name, and makes the project ready.

    Attributes:
        artifacts: The contract document; a relative path starts at the component's own folder.
        select: What of the project becomes assets, in dbt's selection syntax.
        exclude: What of it does not.
        selector: A selector of the project's, in place of both.
        split: Into which steps the project is cut: ``none``, ``node``, ``tag`` or ``layer``.
        exposures: Show dbt's exposures as external assets.
        max_retries: How often a failed step is tried again; each time what is left of it.
    """

    artifacts: str
    select: str = "fqn:*"
    exclude: str | None = None
    selector: str | None = None
    split: Split = Split.NONE
    exposures: bool = True
    max_retries: int = 0

    @abstractmethod
    def services(self, artifacts: Path) -> Services:
        """Return the project of the contract document *artifacts*, ready to run."""

    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """Return the definitions of the project.

        Raises:
            ConfigurationError: The contract document or the manifest cannot be used.
        """
        services = self.services((Path(context.path) / self.artifacts).resolve())
        return FloeAssetFactory().create_definitions(
            services,
            select=self.select,
            exclude=self.exclude,
            selector=self.selector,
            split=self.split,
            exposures=self.exposures,
            retry_policy=RetryPolicy(max_retries=self.max_retries) if self.max_retries else None,
        )
