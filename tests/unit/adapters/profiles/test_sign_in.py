from typing import Any

import pytest

from floe.adapters.profiles.factory import GENERATORS
from floe.domain.model.env_var import EnvVar
from floe.domain.model.pipeline import CredentialMode, Credentials
from tests.unit.adapters.profiles.parts import document, generate, output, refusals

REF = "{{ env_var('X') }}"


@pytest.mark.parametrize(
    ("target", "properties", "method"),
    [
        ("snowflake", {"authenticator": "SNOWFLAKE"}, "password"),
        ("snowflake", {"authenticator": "snowflake_jwt"}, "key-pair-file"),
        ("snowflake", {"authenticator": "snowflake_jwt", "private_key": REF}, "key-pair"),
        ("snowflake", {"authenticator": "oauth", "oauth_client_id": "c"}, "oauth-refresh-token"),
        ("snowflake", {"workload_identity_provider": "gcp"}, "workload-identity"),
        ("bigquery", {"keyfile": "/k.json"}, "service-account"),
        ("bigquery", {"keyfile_json": {}}, "service-account-json"),
        ("bigquery", {"method": "oauth-secrets"}, "oauth-token"),
        ("bigquery", {"method": "oauth-secrets", "refresh_token": REF}, "oauth-refresh-token"),
        ("redshift", {"method": "iam"}, "iam"),
        ("redshift", {"method": "iam", "serverless_work_group": "w"}, "iam-serverless"),
        ("databricks", {"method": "oauth-m2m"}, "oauth-m2m"),
        ("databricks", {"method": "oauth-m2m", "auth_type": "oauth"}, "oauth-m2m"),
        ("databricks", {"client_secret": REF}, "oauth-m2m"),
        ("postgres", {"sslcert": "c", "sslkey": "k"}, "client-certificate"),
        ("spark", {"password": REF}, "thrift-password"),
        ("spark", {"auth": "CUSTOM"}, "thrift-password"),
    ],
)
def test_the_properties_say_how_to_sign_in(
    target: str, properties: dict[str, Any], method: str
) -> None:
    assert GENERATORS[target]().method(document(target, properties)) == method


@pytest.mark.parametrize(
    ("target", "properties", "path"),
    [
        ("snowflake", {"method": "bogus", "port": "x"}, "method"),
        ("snowflake", {"authenticator": "bogus"}, "authenticator"),
        ("snowflake", {"authenticator": "{{ env_var('A') }}"}, "authenticator"),
        ("snowflake", {"authenticator": 1}, "authenticator"),
        ("snowflake", {"method": "jwt", "authenticator": "oauth"}, "authenticator"),
        ("bigquery", {"method": "bogus"}, "method"),
        ("databricks", {"auth_type": "bogus"}, "auth_type"),
        ("redshift", {"method": "bogus"}, "method"),
        ("spark", {"method": "livy"}, "method"),
    ],
)
def test_a_method_that_nobody_knows_is_refused(
    target: str, properties: dict[str, Any], path: str
) -> None:
    found = refusals(target, **properties)

    assert "must be one of" in found[path]
    assert found.keys() == {path, *({"port"} & properties.keys())}


def test_the_name_of_a_method_is_not_written_where_dbt_knows_none() -> None:
    assert "method" not in output("snowflake", method="password")
    assert output("databricks", method="oauth-m2m")["auth_type"] == "oauth"


def test_the_name_of_a_variant_is_written_as_the_method_that_dbt_knows() -> None:
    assert output("spark", method="thrift-password")["method"] == "thrift"


def test_the_selector_stands_as_it_was_written() -> None:
    found = output("snowflake", authenticator="OAuth", token=REF)

    assert found["authenticator"] == "OAuth"


def test_a_secret_of_another_method_is_refused() -> None:
    found = refusals("snowflake", token=REF)

    assert "is not used by this method, but by oauth-token" in found["token"]


def test_a_field_of_another_method_is_warned_of() -> None:
    assert "is not used by this method" in generate("spark", cluster="c").warnings[0]


def test_two_private_keys_are_refused() -> None:
    found = refusals("snowflake", private_key=REF, private_key_path="/k")

    assert any("cannot stand beside" in what for what in found.values())


def test_half_a_key_is_refused() -> None:
    found = refusals("redshift", method="iam", cluster_id="c", access_key_id=REF)

    assert found == {"secret_access_key": "redshift (method iam): is missing beside access_key_id"}


def test_one_of_several_fields_is_needed() -> None:
    found = refusals("spark", method="odbc", driver="d")

    assert "one of cluster, endpoint, connection_string_suffix is missing" in found[""]


def test_oauth2_fills_in_what_the_contract_says() -> None:
    credentials = Credentials(
        mode=CredentialMode.OAUTH2,
        client_id_ref="app-id",
        client_secret_ref="app-secret",  # noqa: S106 - the name of one
        scope="all-apis sql",
    )
    found = output("databricks", credentials)

    assert found["client_id"] == EnvVar(name="APP_ID")
    assert found["client_secret"] == EnvVar(name="APP_SECRET", secret=True)
    assert found["oauth_scopes"] == ["all-apis", "sql"]


def test_properties_overrule_the_credentials() -> None:
    credentials = Credentials(mode=CredentialMode.OAUTH2, client_id="one")

    assert output("databricks", credentials, client_id="two")["client_id"] == "two"


def test_a_mode_without_a_counterpart_is_refused() -> None:
    found = refusals("postgres", Credentials(mode=CredentialMode.IAM_ROLE))

    assert "has no counterpart of the credentials mode iam_role" in found[""]


def test_a_method_in_the_properties_overrules_the_mode() -> None:
    profile = generate("bigquery", Credentials(mode=CredentialMode.SERVICE_ACCOUNT), method="oauth")

    assert profile.outputs["dev"]["method"] == "oauth"
    assert "overrule the credentials mode service_account" in profile.warnings[0]


def test_a_service_account_has_a_keyfile() -> None:
    found = output("bigquery", Credentials(mode=CredentialMode.SERVICE_ACCOUNT))

    assert (found["method"], found["keyfile"].name) == (
        "service-account",
        "GOOGLE_APPLICATION_CREDENTIALS",
    )


def test_a_role_that_the_adapter_does_not_take_is_warned_of() -> None:
    credentials = Credentials(mode=CredentialMode.IAM_ROLE, role_arn="arn:aws:iam::1:role/r")

    assert "takes no role_arn" in generate("redshift", credentials).warnings[0]
