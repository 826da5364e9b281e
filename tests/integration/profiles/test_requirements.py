"""What a method needs is there, or the document is refused: no hole reaches dbt."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from floe.adapters.profiles.factory import GENERATORS, ProfileFactory
from floe.adapters.profiles.table import Field, Kind
from floe.adapters.profiles.tables import TABLES
from floe.adapters.profiles.writer import ProfileWriter
from floe.domain.model.errors import ProfileError
from floe.domain.model.pipeline import Dialect, Pipeline
from floe.domain.model.profile import Profile, ProfileGeneratorConfig
from tests.integration.profiles.cases import CASES, STATIC, Case, pipeline

NAMES = ProfileGeneratorConfig()


def _needed(case: Case) -> Iterator[Field]:
    table = TABLES[case.target]
    method = next(each for each in table.methods if each.name == case.method)
    names = {*table.common, *method.requires}
    yield from (field for field in table.fields if field.name in names)


NEEDS = [(case, field) for case in CASES for field in _needed(case)]
needs = pytest.mark.parametrize(
    ("case", "field"), NEEDS, ids=[f"{case.id}-{field.name}" for case, field in NEEDS]
)


def _brought(output: Mapping[str, Any]) -> Profile:
    profiles = {"floe": {"target": "dev", "outputs": {"dev": dict(output)}}}
    document = Pipeline(
        name="shop", dialect=Dialect.SUCCESSOR, source=Path("shop.json"), profiles=profiles
    )
    return ProfileFactory().create("duckdb").generate(document, NAMES)


def _written(case: Case) -> dict[str, Any]:
    output: dict[str, Any] = yaml.safe_load(ProfileWriter().render(case.profile))
    return dict(output["floe"]["outputs"]["dev"])


READS_AS = {
    ("duckdb/remote", "remote"): "file",
    ("snowflake/okta", "authenticator"): "password",
    ("databricks/oauth-m2m", "client_secret"): "oauth-u2m",
}
"""What is left without a field where that is all that another method needs."""


@needs
def test_a_property_that_is_left_out_becomes_a_reference_or_is_refused(
    case: Case, field: Field
) -> None:
    document = _without(field, case, {"method": case.method})
    generator = ProfileFactory().create(case.target)

    if _may_be_filled(field, case):
        output = generator.generate(document, NAMES).outputs["dev"]
        assert output[field.name] != "" or field.empty
    else:
        with pytest.raises(ProfileError) as refused:
            generator.generate(document, NAMES)
        assert f"{case.target} (method {case.method})" in str(refused.value)
        assert field.name in str(refused.value)


@needs
def test_a_profile_that_is_brought_lacks_nothing_or_is_refused(case: Case, field: Field) -> None:
    output = _written(case)
    del output[field.name]

    if (case.id, field.name) in READS_AS:
        assert _brought(output).outputs["dev"] == output | _references(case, output)
    else:
        with pytest.raises(ProfileError, match=r"missing|not used by this method|must be shop"):
            _brought(output)


@pytest.mark.parametrize(("example", "method"), READS_AS.items())
def test_what_is_left_may_be_another_method(example: tuple[str, str], method: str) -> None:
    case = next(each for each in CASES if each.id == example[0])
    field = TABLES[case.target].by_name[example[1]]
    document = _without(field, case, {})

    assert GENERATORS[case.target]().method(document) == method


def _without(field: Field, case: Case, more: Mapping[str, str]) -> Pipeline:
    names = (field.name, *field.aliases)
    left = {name: value for name, value in case.properties.items() if name not in names}
    credentials = case.credentials
    if (case.id, field.name) in READS_AS and not more:
        left |= {"auth_type": "oauth"} if case.target == "databricks" else {}
        credentials = STATIC
    return pipeline(case.target, {**left, **more}, credentials)


def _may_be_filled(field: Field, case: Case) -> bool:
    method = next(each for each in TABLES[case.target].methods if each.name == case.method)
    if field.name in method.defaults or field.variable or field.default is not None:
        return True
    required = [member for member in field.members if member.required]
    is_record = field.kind is Kind.RECORD
    return is_record and all(each.variable or each.default is not None for each in required)


def _references(case: Case, output: Mapping[str, Any]) -> dict[str, Any]:
    found = case.profile.outputs["dev"]
    return {name: found[name] for name in output}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_profile_that_floe_wrote_is_accepted_when_it_is_brought(case: Case) -> None:
    assert _brought(_written(case)).outputs == case.profile.outputs
