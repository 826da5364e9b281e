import pytest

from floe.domain.model.env_var import EnvVar, EnvVarType
from floe.domain.model.errors import ConfigurationError
from floe.domain.model.pipeline import Credentials
from tests.unit.adapters.profiles.parts import generate, output

DEFAULT_NAMES = {
    "duckdb": {"DUCKDB_PATH"},
    "snowflake": {"SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_ROLE"},
    "bigquery": {"BQ_LOCATION"},
    "redshift": {"REDSHIFT_USER", "REDSHIFT_PASSWORD"},
    "databricks": {"DATABRICKS_CATALOG", "DATABRICKS_TOKEN"},
    "postgres": {"POSTGRES_USER", "POSTGRES_PASSWORD"},
    "spark": set[str](),
}


def _names(target: str, ref: str | None = None, template: str | None = None, /) -> set[str]:
    credentials = Credentials(secret_ref=ref)
    return {var.name for var in generate(target, credentials, template).env_vars}


@pytest.mark.parametrize("target", DEFAULT_NAMES)
def test_each_target_has_its_own_names(target: str) -> None:
    assert _names(target) == DEFAULT_NAMES[target]


def test_what_is_left_out_is_named_too() -> None:
    found = generate("postgres", host=None, port=None, database=None, schema=None)

    assert [var.name for var in found.env_vars] == [
        "POSTGRES_DATABASE",
        "POSTGRES_HOST",
        "POSTGRES_PASSWORD",
        "POSTGRES_PORT",
        "POSTGRES_SCHEMA",
        "POSTGRES_USER",
    ]


def test_a_keyfile_is_where_google_looks_for_it() -> None:
    found = output("bigquery", method="service-account")

    assert found["keyfile"] == EnvVar(name="GOOGLE_APPLICATION_CREDENTIALS")


def test_a_secret_reference_names_the_variables() -> None:
    assert _names("postgres", "my-creds") == {"MY_CREDS_USER", "MY_CREDS_PASSWORD"}


def test_a_reference_that_begins_with_a_digit_gets_an_underscore() -> None:
    assert _names("postgres", "9_My-Ref") == {"_9_MY_REF_USER", "_9_MY_REF_PASSWORD"}


def test_a_template_overrules_both() -> None:
    assert _names("postgres", "my-creds", "SHOP_{target}_{REF}_{Field}") == {
        "SHOP_POSTGRES_MY_CREDS_USER",
        "SHOP_POSTGRES_MY_CREDS_PASSWORD",
    }


def test_without_a_reference_a_template_takes_the_target_for_it() -> None:
    assert _names("postgres", None, "{ref}_{field}") == {"POSTGRES_USER", "POSTGRES_PASSWORD"}


def test_a_template_that_puts_a_digit_first_gets_an_underscore() -> None:
    assert _names("postgres", "9", "{ref}_{field}") == {"_9_USER", "_9_PASSWORD"}


def test_the_prefix_that_dbt_scrubs_names_secrets_only() -> None:
    assert _names("postgres", None, "DBT_ENV_SECRET_{TARGET}_{FIELD}") == {
        "POSTGRES_USER",
        "DBT_ENV_SECRET_POSTGRES_PASSWORD",
    }


@pytest.mark.parametrize(
    "template", ["", "A-{field}", "{field", "1{field}", "{other}_{field}", "{target}", "A\n"]
)
def test_a_template_that_gives_no_names_is_refused(template: str) -> None:
    with pytest.raises(ConfigurationError, match="template of variable names"):
        output("postgres", Credentials(), template)


def test_numbers_come_from_variables_as_numbers() -> None:
    assert output("postgres", host=None, port=None)["port"] == EnvVar(
        name="POSTGRES_PORT", type=EnvVarType.NUMBER, default="5432"
    )


def test_what_dbt_can_do_without_need_not_be_set() -> None:
    assert output("snowflake")["role"].reference == (
        "{{ env_var('SNOWFLAKE_ROLE', 'None') | as_native }}"
    )
    assert output("duckdb")["path"].reference == "{{ env_var('DUCKDB_PATH', ':memory:') }}"
