"""The profile of the target, and the secrets that stand behind it."""

from collections.abc import Mapping
from typing import cast

from dependency_injector import containers, providers

from floe.container.kinds import plugin
from floe.domain.model.plan import RunPlan
from floe.domain.model.profile import Profile
from floe.domain.model.redaction import Redactor
from floe.domain.model.settings import Settings
from floe.domain.use_cases.plan import require_compute
from floe.ports.profile_generator import ProfileGenerator
from floe.ports.profile_store import ProfileStore


def _generator(plan: RunPlan, settings: Settings) -> ProfileGenerator:
    from floe.adapters.profiles.factory import GENERATORS, ProfileFactory

    target = require_compute(plan).target
    if target not in GENERATORS:
        return cast(ProfileGenerator, plugin("floe.profiles", target)())
    return ProfileFactory(secret_template=settings.secret_template).create(target)


def _profile(plan: RunPlan, generator: ProfileGenerator) -> Profile:
    return generator.generate(plan.pipeline, plan.profile)


def _store() -> ProfileStore:
    from floe.adapters.profiles.writer import ProfileWriter

    return ProfileWriter()


def _redactor(environ: Mapping[str, str], profile: Profile) -> Redactor:
    return Redactor.of_environment(environ, [var.name for var in profile.env_vars if var.secret])


class Profiles(containers.DeclarativeContainer):
    """What dbt needs to connect."""

    plan = providers.Dependency(instance_of=RunPlan)
    settings = providers.Dependency(instance_of=Settings)
    environ = providers.Dependency(instance_of=dict)

    generator: providers.Provider[ProfileGenerator] = providers.Singleton(
        _generator, plan, settings
    )
    profile: providers.Provider[Profile] = providers.Singleton(_profile, plan, generator)
    store: providers.Provider[ProfileStore] = providers.Singleton(_store)
    redactor: providers.Provider[Redactor] = providers.Singleton(_redactor, environ, profile)
