from typing import Any

import pytest

from floe.domain.model.env_var import EnvVar, EnvVarType
from tests.unit.adapters.profiles.parts import output, refusals


@pytest.mark.parametrize(
    "text",
    [
        "{{ env_var('PGHOST') }}",
        '{{ env_var("PGHOST") }}',
        "{{env_var('PGHOST')}}",
        "{{- env_var( 'PGHOST' ) -}}",
        "  {{ env_var('PGHOST') | as_text }} ",
    ],
)
def test_one_call_of_env_var_is_a_reference(text: str) -> None:
    assert output("postgres", host=text)["host"] == EnvVar(name="PGHOST")


@pytest.mark.parametrize(
    "text",
    [
        "{{ env_var('A') }}{{ env_var('B') }}",
        "pre-{{ env_var('A') }}",
        "{{ env_var('A') ~ 'x' }}",
        "{{ env_var('X') ~ env_var('Y') }}",
        "{{ env_var('A') | upper }}",
        "{{ env_var('A-B') }}",
        "{{ env_var(var('x')) }}",
        "{{ env_var('A', env_var('B')) }}",
        "{{ log(env_var('A'), info=True) }}",
        "{% if true %}a{% endif %}",
        "a{# b #}",
        "a}}b",
        "{{",
    ],
)
def test_any_other_template_is_refused(text: str) -> None:
    assert "holds template text" in refusals("postgres", host=text)["host"]


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("{{ env_var('P') }}", EnvVar(name="P", type=EnvVarType.NUMBER)),
        ("{{ env_var('P') | as_number }}", EnvVar(name="P", type=EnvVarType.NUMBER)),
        ("{{ env_var('P') | as_native }}", EnvVar(name="P", type=EnvVarType.NUMBER)),
        (
            "{{ env_var('P', 5432) }}",
            EnvVar(name="P", type=EnvVarType.NUMBER, default="5432"),
        ),
        (
            "{{ env_var('P', '5432') | as_number }}",
            EnvVar(name="P", type=EnvVarType.NUMBER, default="5432"),
        ),
    ],
)
def test_a_number_is_read_as_a_number_whatever_was_asked(text: str, reference: EnvVar) -> None:
    assert output("postgres", port=text)["port"] == reference


def test_a_boolean_is_read_as_a_boolean() -> None:
    found = output("postgres", autocommit="{{ env_var('B', true) }}")["autocommit"]

    assert found == EnvVar(name="B", type=EnvVarType.BOOLEAN, default="True")


def test_a_text_may_be_native_where_it_may_be_absent() -> None:
    found = output("postgres", role="{{ env_var('R', 'None') | as_native }}")["role"]

    assert found == EnvVar(name="R", type=EnvVarType.NATIVE, default="None")


def test_an_unknown_property_has_the_type_that_it_asks_for() -> None:
    found = output("postgres", novelty="{{ env_var('N') | as_bool }}", other="{{ env_var('O') }}")

    assert found["novelty"] == EnvVar(name="N", type=EnvVarType.BOOLEAN)
    assert found["other"] == EnvVar(name="O")


@pytest.mark.parametrize(
    ("properties", "what"),
    [
        ({"port": "{{ env_var('P') | int }}"}, "uses the filter int"),
        ({"port": "{{ env_var('P', 'abc') }}"}, "has a default that is not an integer"),
        ({"port": "{{ env_var('P') | as_bool }}"}, "must be an integer, not what as_bool makes"),
        ({"autocommit": "{{ env_var('B', 'yes') }}"}, "has a default that is not true or false"),
        ({"host": "{{ env_var('H') | as_number }}"}, "must be text, not what as_number makes"),
        ({"host": "{{ env_var('H', 'AKIAABCDEFGHIJKLMNOP') }}"}, "looks like a credential"),
        ({"host": "{{ env_var('H', 'DBT_ENV_SECRET_X') }}"}, "looks like a credential"),
        ({"host": "{{ env_var('H', 'a\nb') }}"}, "has a default that is not text"),
        ({"password": "{{ env_var('P', 'x') }}"}, "gives a secret variable a default or a filter"),
        ({"password": "{{ env_var('P') | as_number }}"}, "a default or a filter"),
        ({"host": "{{ env_var('DBT_ENV_SECRET_H', 'x') }}"}, "a default or a filter"),
        ({"port": "{{ env_var('DBT_ENV_SECRET_P') }}"}, "dbt cannot read it from a secret"),
    ],
)
def test_a_reference_that_dbt_would_misread_is_refused(
    properties: dict[str, Any], what: str
) -> None:
    [(path, said)] = refusals("postgres", **properties).items()

    assert path == next(iter(properties))
    assert what in said


def test_a_structure_cannot_come_from_a_variable() -> None:
    assert "no variable can hold" in refusals("duckdb", attach="{{ env_var('A') }}")["attach"]


def test_secrets_are_marked_as_such() -> None:
    references = {
        "password": "{{ env_var('P') }}",
        "host": "{{ env_var('DBT_ENV_SECRET_H') }}",
    }
    found = output("postgres", **references)

    assert found["password"] == EnvVar(name="P", secret=True)
    assert found["host"] == EnvVar(name="DBT_ENV_SECRET_H", secret=True)
