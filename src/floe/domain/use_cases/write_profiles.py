"""Make the profiles of one or several pipelines, and keep them or say whether they are kept."""

from collections.abc import Callable, Sequence
from pathlib import Path

from floe.domain.model.plan import RunPlan
from floe.domain.model.profile import Profile, merge
from floe.domain.model.value import Value
from floe.ports.profile_generator import ProfileGenerator
from floe.ports.profile_store import ProfileStore


class WrittenProfiles(Value):
    """What came of it: *path* is the file, *current* says whether it is what it should be.

    *changed* says whether this call wrote it; *warnings* are for the person who wrote the
    properties.
    """

    path: Path
    profile: Profile
    current: bool
    changed: bool
    warnings: tuple[str, ...] = ()


def write_profiles(
    plan: RunPlan,
    *,
    generator: ProfileGenerator,
    store: ProfileStore,
    check: bool = False,
) -> WrittenProfiles:
    """Write the profile of *plan* where dbt looks for it; with *check* only compare.

    Raises:
        ProfileError: The properties are wrong; nothing was written.
        ProfileWriteError: The directory does not take the file.
    """
    profile = generator.generate(plan.pipeline, plan.profile)
    return _keep(profile, plan.profiles_dir, store, check=check)


def write_environments(
    plans: Sequence[RunPlan],
    *,
    generators: Callable[[RunPlan], ProfileGenerator],
    store: ProfileStore,
    default_target: str | None = None,
    check: bool = False,
) -> WrittenProfiles:
    """Write one file with the outputs of all *plans*, at least one: dev, staging and prod, say.

    It goes to the directory of the first plan, whose target is the default unless
    *default_target* names another.

    Raises:
        ConfigurationError: The plans do not go together in one file.
        ProfileError: The properties of a plan are wrong; nothing was written.
        ProfileWriteError: The directory does not take the file.
    """
    first = plans[0]
    profiles = [generators(plan).generate(plan.pipeline, plan.profile) for plan in plans]
    merged = merge(profiles, default_target or first.profile.target_name)
    return _keep(merged, first.profiles_dir, store, check=check)


def _keep(
    profile: Profile, directory: Path, store: ProfileStore, *, check: bool
) -> WrittenProfiles:
    current = store.is_current(profile, directory)
    path = directory / "profiles.yml"
    if not check:
        path = store.write(profile, directory)
    return WrittenProfiles(
        path=path,
        profile=profile,
        current=current or not check,
        changed=not check and not current,
        warnings=profile.warnings,
    )
