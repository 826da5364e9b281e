"""Profiles that a document brings itself: checked like generated ones, and written as they are."""

from collections.abc import Mapping

from floe.adapters.profiles.output import OutputReader
from floe.adapters.profiles.tables import TABLES
from floe.domain.model.errors import Problem, ProfileError
from floe.domain.model.pipeline import Pipeline
from floe.domain.model.profile import Profile, ProfileGeneratorConfig, ProfileValue


def brought_profile(pipeline: Pipeline, config: ProfileGeneratorConfig) -> Profile:
    """Return the profile that *pipeline* brings, under the name that *config* gives it.

    A document with one profile means that one, whatever its name. Nothing is filled in.

    Raises:
        ProfileError: Not what dbt or floe accepts; every problem of every output at once.
    """
    root = f"{pipeline.source}: $.dbt_profiles"
    name, profile = _choose(pipeline.profiles or {}, config.profile_name, root)
    where = f"{root}.{name}"
    outputs = profile.get("outputs")
    if not isinstance(outputs, Mapping) or not outputs:
        raise ProfileError(Problem("has no outputs", where))
    if config.target_name not in outputs:
        known = ", ".join(sorted(map(str, outputs)))
        raise ProfileError(
            Problem(
                f"there is no target {config.target_name}, only: {known}",
                f"{where}.outputs",
                "choose one of them as the target",
            )
        )
    return _read(outputs, f"{where}.outputs", config)


def _choose(
    profiles: Mapping[str, object], wanted: str, where: str
) -> tuple[str, Mapping[str, object]]:
    name = wanted if wanted in profiles or len(profiles) != 1 else next(iter(profiles))
    profile = profiles.get(name)
    if not isinstance(profile, Mapping):
        known = ", ".join(sorted(profiles)) or "none"
        raise ProfileError(Problem(f"there is no profile {wanted}, only: {known}", where))
    return name, profile


def _read(outputs: Mapping[str, object], where: str, config: ProfileGeneratorConfig) -> Profile:
    found: dict[str, dict[str, ProfileValue]] = {}
    problems: list[Problem] = []
    warnings: list[str] = []
    for target, output in outputs.items():
        try:
            found[target], said = _output(output, f"{where}.{target}")
            warnings.extend(said)
        except ProfileError as error:
            problems.extend(error.problems)
    if problems:
        raise ProfileError(*problems)
    return Profile(
        name=config.profile_name,
        default_target=config.target_name,
        outputs=found,
        warnings=tuple(warnings),
    )


def _output(output: object, where: str) -> tuple[dict[str, ProfileValue], tuple[str, ...]]:
    if not isinstance(output, Mapping):
        raise ProfileError(Problem("must be a mapping", where))
    type_ = output.get("type")
    if not isinstance(type_, str) or type_ not in TABLES:
        known = ", ".join(TABLES)
        raise ProfileError(Problem(f"must be one of {known}", f"{where}.type"))
    read = OutputReader(TABLES[type_], root=where, fill=False).read(output)
    fields: dict[str, ProfileValue] = {"type": type_, **read.fields}
    return fields | ({} if read.threads is None else {"threads": read.threads}), read.warnings
