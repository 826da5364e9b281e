"""What floe writes, dbt and the vendors' own adapters take: every method, without a network."""

from pathlib import Path

import pytest

from floe.adapters.profiles.factory import GENERATORS
from floe.adapters.profiles.tables import TABLES
from floe.adapters.profiles.writer import ProfileWriter
from tests.integration.profiles import adapter_checks, dbt_check
from tests.integration.profiles.cases import CASES, Case

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
second_look = pytest.mark.parametrize(
    "case",
    [case for case in CASES if adapter_checks.has_second_look(case)],
    ids=lambda case: case.id,
)


def test_every_method_of_every_target_has_an_example() -> None:
    known = {(name, method.name) for name, table in TABLES.items() for method in table.methods}

    assert {(case.target, case.method) for case in CASES} == known


@every_case
def test_the_method_is_recognized(case: Case) -> None:
    assert GENERATORS[case.target]().method(case.pipeline) == case.method


@every_case
def test_dbt_and_the_adapter_accept_the_profile(case: Case) -> None:
    text = ProfileWriter().render(case.profile)

    credentials = dbt_check.credentials(text, "dev", case.environment)

    assert credentials.type == case.target


@every_case
def test_every_key_is_one_that_the_adapter_knows(case: Case) -> None:
    cls = dbt_check.credentials_class(case.target)
    known = {*cls.json_schema()["properties"], *cls._ALIASES, "type", "threads"}

    assert set(case.profile.outputs["dev"]) <= known


@second_look
def test_the_adapter_builds_its_connection_arguments(case: Case, tmp_path: Path) -> None:
    environ = adapter_checks.environment(case, tmp_path)
    credentials = dbt_check.credentials(ProfileWriter().render(case.profile), "dev", environ)

    adapter_checks.with_files(case, credentials, tmp_path)

    assert adapter_checks.look_again(case, credentials, tmp_path) is not None


@every_case
def test_secrets_reach_the_adapter_from_the_environment(case: Case) -> None:
    text = ProfileWriter().render(case.profile)
    environ = case.environment

    rendered = dbt_check.rendered(text, "dev", environ)

    secrets = [var for var in case.profile.env_vars if var.secret]
    assert "canary_secret" not in text
    assert all(f"env_var(''{var.name}'')" in text for var in secrets)
    assert str(rendered).count("canary_secret") == len(secrets)
