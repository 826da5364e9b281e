import pytest

from floe.domain.model.env_var import EnvVar
from floe.domain.model.errors import ConfigurationError
from floe.domain.model.profile import Profile, merge


def _profile(target: str, path: str = "x", name: str = "shop", warning: str = "w") -> Profile:
    output = {"type": "duckdb", "path": path, "nest": [{"s": EnvVar(name=f"S_{target.upper()}")}]}
    return Profile(name=name, default_target=target, outputs={target: output}, warnings=(warning,))


def test_references_are_found_at_any_depth_for_all_and_for_one_target() -> None:
    merged = merge([_profile("dev"), _profile("prod")], "dev")

    assert [var.name for var in merged.env_vars] == ["S_DEV", "S_PROD"]
    assert [var.name for var in merged.env_vars_of("prod")] == ["S_PROD"]
    assert merged.env_vars_of("other") == ()


def test_environments_stand_side_by_side_in_one_profile() -> None:
    merged = merge([_profile("dev"), _profile("staging"), _profile("prod", warning="v")], "staging")

    assert (merged.name, merged.default_target) == ("shop", "staging")
    assert list(merged.outputs) == ["dev", "staging", "prod"]
    assert merged.warnings == ("w", "v")


def test_the_same_target_twice_is_the_same_when_it_is_equal() -> None:
    assert merge([_profile("dev"), _profile("dev")], "dev") == _profile("dev")


def test_what_does_not_go_together_is_refused_all_at_once() -> None:
    with pytest.raises(ConfigurationError) as refused:
        merge([_profile("dev"), _profile("dev", path="y", name="other")], "prod")

    assert [problem.what for problem in refused.value.problems] == [
        "is described twice, differently",
        "one file holds one profile, not other, shop",
        "the default target prod is not among: dev",
    ]


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(ConfigurationError, match="is not among: none"):
        merge([], "dev")
