"""A profile survives YAML and dbt's own rendering: values, types, and no secret in the file."""

import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from floe.adapters.profiles.table import Field, Kind
from floe.adapters.profiles.tables import TABLES
from floe.adapters.profiles.writer import ProfileWriter
from floe.domain.model.errors import ProfileError
from tests.integration.profiles import dbt_check
from tests.integration.profiles.cases import CASES, Case, ref
from tests.integration.profiles.write_many import write_many

CANARY = "canary-jK7fQ2wX"
NASTY = st.sampled_from(
    ["yes", "0777", "12:30", "null", "[1, 2]", "{1: 2}", "True", "1e5", "2026-01-01", "%}", "a: b"]
)
TEXTS = NASTY | st.text(min_size=1, max_size=30)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
KEYS = st.text(alphabet="abcdefghij_.-", min_size=1, max_size=8)
NESTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
quick = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _case(target: str, properties: dict[str, Any]) -> Case:
    return Case(target, "", properties)


def _rendered(case: Case, environ: dict[str, str]) -> dict[str, Any]:
    return dbt_check.rendered(ProfileWriter().render(case.profile), "dev", environ)


@quick
@given(nest=NESTS)
def test_what_is_accepted_comes_out_of_dbt_as_it_was_written(nest: Any) -> None:
    case = _case("databricks", {"compute": {"big": nest}})
    try:
        environ = case.environment
    except ProfileError:
        return

    assert _rendered(case, environ)["compute"] == {"big": nest}


@quick
@given(host=TEXTS, value=TEXTS)
def test_texts_stay_texts(host: str, value: str) -> None:
    case = _case("postgres", {"host": host, "user": ref("SHOP_USER")})
    try:
        environ = case.environment | {"SHOP_USER": value}
    except ProfileError:
        return

    rendered = _rendered(case, environ)

    assert (rendered["host"], rendered["user"]) == (host, value)


@pytest.mark.parametrize(
    ("target", "field", "value", "expected"),
    [
        ("postgres", "port", "5433", 5433),
        ("postgres", "autocommit", "False", False),
        ("snowflake", "platform_detection_timeout_seconds", "0.5", 0.5),
        ("postgres", "host", "00123", "00123"),
        ("postgres", "password", "[1, 2]", "[1, 2]"),
        ("snowflake", "role", "TRANSFORMER", "TRANSFORMER"),
    ],
)
def test_variables_come_out_with_the_type_of_the_field(
    target: str, field: str, value: str, expected: object
) -> None:
    case = _case(target, {field: ref("V")})

    rendered = _rendered(case, case.environment | {"V": value})

    assert rendered[field] == expected
    assert type(rendered[field]) is type(expected)


@pytest.mark.parametrize("value", ["54x2", ""])
def test_a_number_that_is_none_is_an_error_and_never_a_zero(value: str) -> None:
    case = _case("postgres", {"port": ref("V")})

    with pytest.raises(Exception, match="Could not convert value"):
        _rendered(case, case.environment | {"V": value})


def test_what_need_not_be_set_is_absent_or_what_dbt_takes_for_it() -> None:
    unset: dict[str, str] = {}

    assert _rendered(_case("duckdb", {}), unset)["path"] == ":memory:"
    for target, name, expected in (
        ("snowflake", "role", None),
        ("bigquery", "location", None),
        ("databricks", "catalog", "hive_metastore"),
        ("postgres", "port", 5432),
    ):
        case = _case(target, {})  # Nothing is given, so the port comes from a variable too.
        needed = {var.name for var in case.profile.env_vars if var.default is None}
        environ = {key: value for key, value in case.environment.items() if key in needed}
        assert _rendered(case, environ)[name] == expected


@pytest.mark.parametrize("target", TABLES)
def test_a_field_of_any_type_can_come_from_a_variable(target: str) -> None:
    scalars = [
        field
        for field in TABLES[target].fields
        if field.kind in _VALUES and not field.exposed and field.name not in _DECIDES
    ]
    for field in scalars:
        example = _example_with(target, field)
        case = replace(example, properties={**example.properties, **_changes(field)})
        environ = case.environment | {"V": _VALUES[field.kind]}

        assert str(_rendered(case, environ)[field.name]) == _VALUES[field.kind]


_VALUES = {
    Kind.TEXT: "some text",
    Kind.INTEGER: "7",
    Kind.NUMBER: "0.5",
    Kind.BOOLEAN: "True",
}
_DECIDES = ("method", "authenticator", "auth_type", "workload_identity_provider", "database")
"""These say how to sign in, or must equal another field: a variable would hide what they say."""


def _changes(field: Field) -> dict[str, Any]:
    return dict.fromkeys(field.aliases) | {field.name: ref("V")}


def _example_with(target: str, field: Field) -> Case:
    """Return the example that has *field*, else one whose method takes it, else any."""
    cases = [case for case in CASES if case.target == target]
    methods = {method.name: method for method in TABLES[target].methods}
    having = [case for case in cases if field.name in case.profile.outputs["dev"]]
    taking = [
        case
        for case in cases
        if field.name in (*methods[case.method].accepts, *methods[case.method].one_of)
    ]
    return [*having, *taking, *cases][0]


def _secret_keys() -> st.SearchStrategy[str]:
    names = {
        name
        for table in TABLES.values()
        for field in table.fields
        for name in (field.name, *field.aliases)
        if field.secret
    }
    return st.sampled_from(sorted(names | {"api_key", "passphrase", "connection_string", "Token"}))


@quick
@given(
    target=st.sampled_from(sorted(TABLES)),
    path=st.lists(st.sampled_from(["settings", "attach", "compute", "a", "0"]), max_size=3),
    key=_secret_keys(),
    more=st.dictionaries(st.sampled_from(["host", "user", "port", "role", "x"]), SCALARS),
)
def test_a_secret_in_plain_text_reaches_neither_file_nor_message(
    target: str, path: list[str], key: str, more: dict[str, Any]
) -> None:
    nest: Any = {key: CANARY}
    for name in path:
        nest = {name: [nest]}

    with pytest.raises(ProfileError) as refused:
        _ = _case(target, {**more, **nest}).profile

    assert CANARY not in str(refused.value)
    assert key in str(refused.value)


@quick
@given(target=st.sampled_from(sorted(TABLES)), properties=st.dictionaries(KEYS, NESTS, max_size=3))
def test_every_reference_in_the_file_is_one_call_of_env_var(
    target: str, properties: dict[str, Any]
) -> None:
    try:
        profile = _case(target, properties).profile
    except ProfileError:
        return

    text = ProfileWriter().render(profile)

    assert text.count("{{") == text.count("{{ env_var('") == text.count("}}")


def test_two_processes_that_write_at_once_leave_an_intact_file(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [
        spawn.Process(target=write_many, args=(tmp_path, host * 2000, 50)) for host in ("a", "b")
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=60)

    found = dbt_check.rendered((tmp_path / "profiles.yml").read_text(), "dev", {"P": "x"})

    assert [process.exitcode for process in processes] == [0, 0]
    assert found["host"] in ("a" * 2000, "b" * 2000)
    assert found["port"] == 49
    assert [each.name for each in tmp_path.iterdir()] == ["profiles.yml"]


def test_a_variable_that_dbt_converts_is_never_a_secret() -> None:
    assert not [
        field.name
        for table in TABLES.values()
        for field in table.fields
        if field.secret and field.kind is not Kind.TEXT
    ]
