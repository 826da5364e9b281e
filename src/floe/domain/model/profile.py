"""A dbt profile as a value: what a generator makes and the store writes."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import Field

from floe.domain.model.env_var import EnvVar
from floe.domain.model.errors import ConfigurationError, Problem
from floe.domain.model.value import Identifier, Value

ProfileValue: TypeAlias = (
    "EnvVar | str | int | float | bool | list[ProfileValue] | dict[str, ProfileValue] | None"
)
"""What may stand in a profile: a literal that is no secret, a reference, or a nest of both."""


class ProfileGeneratorConfig(Value):
    """How the generated profile is named, and on how many threads dbt runs (1 to 64)."""

    profile_name: Identifier = "floe"
    target_name: Identifier = "dev"
    threads: int = Field(default=4, ge=1, le=64)


class Profile(Value):
    """A profiles.yml with one profile: *outputs* maps target name → field → value.

    *warnings* are for the person who wrote the properties: an unknown one, say.
    """

    name: Identifier
    default_target: Identifier
    outputs: Mapping[str, Mapping[str, Any]]
    warnings: tuple[str, ...] = ()

    @property
    def env_vars(self) -> tuple[EnvVar, ...]:
        """Every variable that any output refers to, once each, by name."""
        found = {var.name: var for var in _references(self.outputs)}
        return tuple(found[name] for name in sorted(found))

    def env_vars_of(self, target: str) -> tuple[EnvVar, ...]:
        """Return the variables that the output named *target* refers to, by name."""
        found = {var.name: var for var in _references(self.outputs.get(target, {}))}
        return tuple(found[name] for name in sorted(found))


def merge(profiles: Sequence[Profile], default_target: str) -> Profile:
    """Return one profile with the outputs of all *profiles*: one file for several environments.

    Raises:
        ConfigurationError: There is nothing to merge, names differ, two profiles describe the
            same target differently, or none describes *default_target*.
    """
    outputs: dict[str, Mapping[str, Any]] = {}
    problems: list[Problem] = []
    for profile in profiles:
        for target, output in profile.outputs.items():
            if outputs.setdefault(target, output) != output:
                problems.append(Problem("is described twice, differently", f"target {target}"))
    names = sorted({profile.name for profile in profiles})
    if len(names) > 1:
        problems.append(Problem(f"one file holds one profile, not {', '.join(names)}"))
    if default_target not in outputs:
        known = ", ".join(sorted(outputs)) or "none"
        problems.append(Problem(f"the default target {default_target} is not among: {known}"))
    if problems:
        raise ConfigurationError(*problems)
    warnings = dict.fromkeys(warning for profile in profiles for warning in profile.warnings)
    return Profile(
        name=names[0], default_target=default_target, outputs=outputs, warnings=tuple(warnings)
    )


def _references(value: object) -> list[EnvVar]:
    if isinstance(value, EnvVar):
        return [value]
    if isinstance(value, Mapping):
        return [var for item in value.values() for var in _references(item)]
    if isinstance(value, list | tuple):
        return [var for item in value for var in _references(item)]
    return []
