"""A project as a Dagster component, for those who write definitions in YAML."""

from abc import abstractmethod
from pathlib import Path

from dagster import Component, ComponentLoadContext, Definitions, Model, Resolvable

from floe.adapters.dagster.assets import FloeAssetFactory
from floe.adapters.dagster.services import Services
from floe.adapters.dagster.splitting import Split


class ProjectComponent(Component, Model, Resolvable):
    """All that a contract document defines, in a few lines of YAML.

    An entry point derives the component that people name, and makes the project ready.

    Attributes:
        artifacts: The contract document; a relative path starts at the component's own folder.
        split: Into which steps the project is cut: ``none``, ``node``, ``tag`` or ``layer``.
        exposures: Show dbt's exposures as external assets.
    """

    artifacts: str
    split: Split = Split.NONE
    exposures: bool = True

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
            services, split=self.split, exposures=self.exposures
        )
