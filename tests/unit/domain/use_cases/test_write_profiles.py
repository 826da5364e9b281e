from pathlib import Path

import pytest

from floe.domain.model.errors import ConfigurationError
from floe.domain.model.pipeline import Dialect, Pipeline
from floe.domain.model.plan import RunPlan
from floe.domain.model.profile import Profile, ProfileGeneratorConfig
from floe.domain.use_cases.write_profiles import write_environments, write_profiles
from floe.ports.profile_generator import ProfileGenerator


class RecordingStore:
    """Keeps profiles in ``kept`` by directory."""

    def __init__(self) -> None:
        self.kept: dict[Path, Profile] = {}

    def render(self, profile: Profile) -> str:
        return repr(profile)

    def write(self, profile: Profile, directory: Path) -> Path:
        self.kept[directory] = profile
        return directory / "profiles.yml"

    def is_current(self, profile: Profile, directory: Path) -> bool:
        return self.kept.get(directory) == profile


class FixedGenerator:
    """Makes a profile that only says which pipeline it is of."""

    target = "duckdb"

    def generate(self, pipeline: Pipeline, config: ProfileGeneratorConfig) -> Profile:
        return Profile(
            name=config.profile_name,
            default_target=config.target_name,
            outputs={config.target_name: {"type": "duckdb", "path": pipeline.name}},
            warnings=(f"of {pipeline.name}",),
        )


def _plan(target: str = "dev", name: str = "shop") -> RunPlan:
    return RunPlan(
        pipeline=Pipeline(name=name, dialect=Dialect.FLOE_YAML, source=Path("floe.yaml")),
        profile=ProfileGeneratorConfig(target_name=target),
        project_root=Path("/shop"),
        profiles_dir=Path("/shop/.floe/profiles") / target,
        manifest_path=Path("/shop/target/manifest.json"),
    )


def _own(_plan: RunPlan) -> ProfileGenerator:
    return FixedGenerator()


def test_the_profile_is_kept_where_the_plan_says() -> None:
    store = RecordingStore()

    written = write_profiles(_plan(), generator=FixedGenerator(), store=store)

    assert store.kept == {Path("/shop/.floe/profiles/dev"): written.profile}
    assert written.path == Path("/shop/.floe/profiles/dev/profiles.yml")
    assert (written.current, written.changed, written.warnings) == (True, True, ("of shop",))


def test_a_second_time_changes_nothing() -> None:
    store = RecordingStore()
    write_profiles(_plan(), generator=FixedGenerator(), store=store)

    again = write_profiles(_plan(), generator=FixedGenerator(), store=store)

    assert (again.current, again.changed) == (True, False)


@pytest.mark.parametrize("written", [True, False])
def test_a_check_says_whether_the_file_is_current_and_writes_nothing(*, written: bool) -> None:
    store = RecordingStore()
    if written:
        write_profiles(_plan(), generator=FixedGenerator(), store=store)
    before = dict(store.kept)

    checked = write_profiles(_plan(), generator=FixedGenerator(), store=store, check=True)

    assert (checked.current, checked.changed) == (written, False)
    assert store.kept == before


def test_environments_go_into_one_file_of_the_first() -> None:
    store = RecordingStore()
    plans = [_plan("dev"), _plan("prod")]

    written = write_environments(plans, generators=_own, store=store, default_target="prod")

    assert list(store.kept) == [Path("/shop/.floe/profiles/dev")]
    assert list(written.profile.outputs) == ["dev", "prod"]
    assert written.profile.default_target == "prod"


def test_the_first_environment_is_the_default() -> None:
    written = write_environments(
        [_plan("staging"), _plan("dev")], generators=_own, store=RecordingStore()
    )

    assert written.profile.default_target == "staging"


def test_two_pipelines_for_one_target_are_refused_and_nothing_is_written() -> None:
    store = RecordingStore()

    with pytest.raises(ConfigurationError, match="described twice"):
        write_environments([_plan(), _plan(name="other")], generators=_own, store=store)

    assert store.kept == {}
