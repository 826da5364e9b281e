from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from floe.adapters.profiles.factory import ProfileFactory
from floe.domain.model.env_var import EnvVar
from floe.domain.model.errors import ProfileError
from floe.domain.model.pipeline import Dialect, Pipeline
from floe.domain.model.profile import Profile, ProfileGeneratorConfig

DUCKDB = {"type": "duckdb", "path": "shop.duckdb"}
POSTGRES = {
    "type": "postgres",
    "host": "pg",
    "port": 5432,
    "user": "{{ env_var('PG_USER') }}",
    "password": "{{ env_var('PG_PASSWORD') }}",
    "dbname": "d",
    "schema": "s",
}


def _bring(profiles: Mapping[str, Any], **names: str) -> Profile:
    document = Pipeline(
        name="shop", dialect=Dialect.SUCCESSOR, source=Path("shop.json"), profiles=profiles
    )
    config = ProfileGeneratorConfig(**names)
    return ProfileFactory().create("duckdb").generate(document, config)


def _profile(**outputs: Any) -> dict[str, Any]:
    return {"target": "dev", "outputs": outputs}


def test_a_profile_is_written_as_it_was_brought_under_the_name_that_was_asked_for() -> None:
    found = _bring({"shop": _profile(dev=DUCKDB | {"threads": 2})}, profile_name="ferry")

    assert found.name == "ferry"
    assert found.outputs == {"dev": {"type": "duckdb", "path": "shop.duckdb", "threads": 2}}


def test_outputs_may_be_of_any_target() -> None:
    found = _bring({"shop": _profile(dev=DUCKDB, prod=POSTGRES)}, target_name="prod")

    assert found.default_target == "prod"
    assert found.outputs["prod"]["password"] == EnvVar(name="PG_PASSWORD", secret=True)


def test_of_several_profiles_the_one_asked_for_is_meant() -> None:
    profiles = {"a": _profile(dev=DUCKDB), "b": _profile(dev=POSTGRES)}

    assert _bring(profiles, profile_name="b").outputs["dev"]["type"] == "postgres"


def test_warnings_are_kept() -> None:
    assert "did you mean path?" in _bring({"a": _profile(dev=DUCKDB | {"pathh": 1})}).warnings[0]


@pytest.mark.parametrize(
    ("profiles", "what"),
    [
        ({}, "there is no profile floe, only: none"),
        ({"a": _profile(dev=DUCKDB), "b": _profile(dev=DUCKDB)}, "there is no profile floe"),
        ({"a": "x"}, "there is no profile floe, only: a"),
        ({"a": {}}, "has no outputs"),
        ({"a": _profile()}, "has no outputs"),
        ({"a": _profile(prod=DUCKDB)}, "there is no target dev, only: prod"),
        ({"a": _profile(dev="x")}, "must be a mapping"),
        ({"a": _profile(dev={"path": "x"})}, "must be one of duckdb"),
        ({"a": _profile(dev={"type": "oracle"})}, "must be one of duckdb"),
        ({"a": _profile(dev=POSTGRES | {"password": "x"})}, "a credential in plain text"),
        ({"a": _profile(dev=POSTGRES | {"host": "{{ 1 }}"})}, "holds template text"),
    ],
)
def test_what_dbt_would_not_take_is_refused(profiles: Mapping[str, Any], what: str) -> None:
    with pytest.raises(ProfileError, match=what):
        _bring(profiles)


def test_problems_of_all_outputs_are_told_at_once() -> None:
    with pytest.raises(ProfileError) as refused:
        _bring({"a": _profile(dev=DUCKDB | {"path": 1}, prod={"type": "postgres"})})

    assert {problem.where for problem in refused.value.problems} >= {
        "shop.json: $.dbt_profiles.a.outputs.dev.path",
        "shop.json: $.dbt_profiles.a.outputs.prod.host",
    }
