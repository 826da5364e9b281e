"""From the name of a compute target to its generator."""

from collections.abc import Mapping
from types import MappingProxyType

from floe.adapters.profiles.generator import TabularProfileGenerator
from floe.adapters.profiles.generators import (
    BigQueryProfileGenerator,
    DatabricksProfileGenerator,
    DuckDBProfileGenerator,
    PostgreSQLProfileGenerator,
    RedshiftProfileGenerator,
    SnowflakeProfileGenerator,
    SparkProfileGenerator,
)
from floe.domain.model.errors import ConfigurationError, Problem
from floe.ports.profile_generator import ProfileGenerator

_CLASSES: tuple[type[TabularProfileGenerator], ...] = (
    DuckDBProfileGenerator,
    SnowflakeProfileGenerator,
    BigQueryProfileGenerator,
    RedshiftProfileGenerator,
    DatabricksProfileGenerator,
    PostgreSQLProfileGenerator,
    SparkProfileGenerator,
)

GENERATORS: Mapping[str, type[TabularProfileGenerator]] = MappingProxyType(
    {each.table.name: each for each in _CLASSES}
)
"""floe's own generators by target."""


class ProfileFactory:
    """Find the generator of a target, floe's own or one of *generators*, which come first.

    *secret_template* names the variables that floe's own generators refer to.
    """

    def __init__(
        self,
        generators: Mapping[str, ProfileGenerator] | None = None,
        secret_template: str | None = None,
    ) -> None:
        own: dict[str, ProfileGenerator] = {
            target: generator(secret_template) for target, generator in GENERATORS.items()
        }
        self._generators = own | dict(generators or {})

    @property
    def targets(self) -> tuple[str, ...]:
        """Every target that there is a generator for."""
        return tuple(self._generators)

    def create(self, target: str) -> ProfileGenerator:
        """Return the generator for *target*.

        Raises:
            ConfigurationError: There is none; the message lists what there is.
        """
        if target not in self._generators:
            raise ConfigurationError(
                Problem(
                    f"the compute target {target} is not one of {', '.join(self.targets)}",
                    "compute.target",
                    "choose one of them, or install the package that adds the target",
                )
            )
        return self._generators[target]
