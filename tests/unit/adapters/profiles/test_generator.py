from pathlib import Path
from typing import Any

import pytest

from floe.adapters.profiles.factory import GENERATORS, ProfileFactory
from floe.domain.model.errors import ConfigurationError, ProfileError
from floe.domain.model.pipeline import Dialect, Pipeline
from floe.domain.model.profile import Profile, ProfileGeneratorConfig
from tests.unit.adapters.profiles.parts import document


class _Sqlite:
    target = "sqlite"

    def generate(self, _pipeline: Pipeline, _config: ProfileGeneratorConfig) -> Profile:
        raise NotImplementedError


@pytest.mark.parametrize("target", GENERATORS)
def test_each_target_has_its_generator(target: str) -> None:
    assert ProfileFactory().create(target).target == target


def test_a_package_may_add_a_target_and_replace_one() -> None:
    factory = ProfileFactory({"sqlite": _Sqlite(), "duckdb": _Sqlite()})

    assert factory.targets == (*GENERATORS, "sqlite")
    assert factory.create("duckdb").target == "sqlite"


def test_an_unknown_target_is_refused_with_all_that_are_known() -> None:
    with pytest.raises(ConfigurationError, match="oracle") as refused:
        ProfileFactory().create("oracle")

    assert all(target in str(refused.value) for target in GENERATORS)


def test_a_document_without_a_target_has_no_profile() -> None:
    nothing = Pipeline(name="shop", dialect=Dialect.FLOE_YAML, source=Path("floe.yaml"))

    with pytest.raises(ProfileError, match="names no compute target"):
        ProfileFactory().create("duckdb").generate(nothing, ProfileGeneratorConfig())


@pytest.mark.parametrize(
    ("properties", "asked", "threads"),
    [
        ({}, {}, 4),
        ({"threads": 8}, {}, 8),
        ({"threads": "8"}, {}, 8),
        ({"threads": 8}, {"threads": 2}, 2),
        ({}, {"threads": 4}, 4),
    ],
)
def test_threads_are_what_was_asked_for_then_what_is_written(
    properties: dict[str, Any], asked: dict[str, int], threads: int
) -> None:
    config = ProfileGeneratorConfig(**asked)
    found = ProfileFactory().create("duckdb").generate(document("duckdb", properties), config)

    assert found.outputs["dev"]["threads"] == threads


@pytest.mark.parametrize(
    "written", [0, 65, -1, 4.5, "four", "", "٤", True, [4], "9" * 5000, 10**30, "4.0"]
)
def test_threads_that_cannot_be_are_refused_with_all_else_that_is_wrong(written: object) -> None:
    wrong = document("postgres", {"threads": written, "port": "x", "host": 1})

    with pytest.raises(ProfileError) as refused:
        ProfileFactory().create("postgres").generate(wrong, ProfileGeneratorConfig())

    told = [problem.where.rpartition(".")[2] for problem in refused.value.problems]
    assert {"threads", "port", "host"} <= set(told)
