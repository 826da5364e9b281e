"""One generator for all targets: each target is a table, this is what reads it."""

from typing import ClassVar

from floe.adapters.profiles.brought import brought_profile
from floe.adapters.profiles.output import OutputReader, ReadOutput
from floe.adapters.profiles.table import Table
from floe.adapters.profiles.variables import VariableNames
from floe.domain.model.errors import Problem, ProfileError
from floe.domain.model.pipeline import Pipeline
from floe.domain.model.profile import Profile, ProfileGeneratorConfig


class TabularProfileGenerator:
    """Make the profile that the target's table describes.

    *secret_template* names the variables, see ``VariableNames``.
    """

    table: ClassVar[Table]

    def __init__(self, secret_template: str | None = None) -> None:
        VariableNames("any", template=secret_template)  # A template that is wrong fails here.
        self._secret_template = secret_template

    @property
    def target(self) -> str:
        """The compute target, which is also dbt's adapter type."""
        return self.table.name

    def generate(self, pipeline: Pipeline, config: ProfileGeneratorConfig) -> Profile:
        """Return the profile of *pipeline*: its own one where it brings one.

        ``threads`` of *config* counts when it was given, else that of the properties.
        """
        if pipeline.profiles is not None:
            return brought_profile(pipeline, config)
        read = self._read(pipeline)
        threads = read.threads
        if threads is None or "threads" in config.model_fields_set:
            threads = config.threads
        return Profile(
            name=config.profile_name,
            default_target=config.target_name,
            outputs={config.target_name: {"type": self.target, **read.fields, "threads": threads}},
            warnings=read.warnings,
        )

    def method(self, pipeline: Pipeline) -> str:
        """Return floe's name of the way in which *pipeline* signs in.

        Raises:
            ProfileError: The properties are wrong.
        """
        return self._read(pipeline).method

    def _read(self, pipeline: Pipeline) -> ReadOutput:
        compute = pipeline.compute
        if compute is None or compute.target != self.target:
            found = "no compute target" if compute is None else f"the target {compute.target}"
            raise ProfileError(
                Problem(f"{self.target}: the document names {found}", str(pipeline.source))
            )
        reader = OutputReader(
            self.table,
            root=f"{pipeline.source}: $.{compute.source}.properties",
            credentials=compute.credentials,
            secret_template=self._secret_template,
        )
        return reader.read(compute.properties)
