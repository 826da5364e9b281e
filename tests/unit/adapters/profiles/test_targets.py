"""What only one target knows."""

from typing import Any

import pytest

from floe.domain.model.env_var import EnvVar
from tests.unit.adapters.profiles.parts import generate, output, refusals

REF = "{{ env_var('X') }}"
SCRUBBED = "{{ env_var('DBT_ENV_SECRET_X') }}"


@pytest.mark.parametrize(
    ("target", "field", "value"),
    [
        ("redshift", "port", 5439),
        ("postgres", "port", 5432),
        ("spark", "port", 10000),
        ("spark", "method", "thrift"),
        ("bigquery", "method", "oauth"),
    ],
)
def test_defaults(target: str, field: str, value: object) -> None:
    assert output(target)[field] == value


def test_postgres_insists_on_a_password_so_an_empty_one_stands_there() -> None:
    certificate = output("postgres", sslcert="/c", sslkey="/k", sslrootcert="/r")

    assert (certificate["password"], certificate["sslmode"]) == ("", "verify-full")
    assert output("postgres", method="libpq")["password"] == ""
    assert output("postgres", password="")["password"] == ""


def test_a_password_may_stand_beside_a_certificate() -> None:
    found = output("postgres", sslcert="/c", sslkey="/k", sslrootcert="/r", password=REF)

    assert found["password"] == EnvVar(name="X", secret=True)


def test_a_serverless_redshift_has_no_cluster() -> None:
    host = "wg.1.eu-west-1.redshift-serverless.amazonaws.com"
    found = output("redshift", host=host, method="iam")

    assert found["is_serverless"] is True
    assert "cluster_id" not in found


def test_only_azure_has_an_entra_resource() -> None:
    found = refusals(
        "snowflake", workload_identity_provider="AWS", workload_identity_entra_resource="api://x"
    )

    assert "is for the provider AZURE only" in found["workload_identity_entra_resource"]


def test_oidc_needs_a_token() -> None:
    assert "is missing" in refusals("snowflake", workload_identity_provider="oidc")["token"]


def test_a_key_in_one_variable_is_no_use_to_bigquery() -> None:
    found = refusals("bigquery", keyfile_json=REF)

    assert "must be a mapping" in found["keyfile_json"]


def test_a_key_for_bigquery_is_made_of_references() -> None:
    found = output("bigquery", keyfile_json={"client_email": "floe@acme.example"})["keyfile_json"]

    assert found == {
        "type": "service_account",
        "private_key": EnvVar(name="GCP_PRIVATE_KEY", secret=True),
        "client_email": "floe@acme.example",
        "token_uri": "https://oauth2.googleapis.com/token",
    }


@pytest.mark.parametrize(
    ("written", "host", "warnings"),
    [
        ("adb.net", "adb.net", 0),
        ("https://adb.net/", "adb.net", 1),
        ("HTTPS://adb.net/?o=1", "adb.net", 1),
        ("http://127.0.0.1:18444", "http://127.0.0.1:18444", 0),
        ("{{ env_var('HOST') }}", EnvVar(name="HOST"), 0),
    ],
)
def test_a_databricks_host_has_no_scheme(written: str, host: object, warnings: int) -> None:
    profile = generate("databricks", host=written)

    assert profile.outputs["dev"]["host"] == host
    assert len(profile.warnings) == warnings


@pytest.mark.parametrize("host", ["http://adb.net", "http://[x"])
def test_a_databricks_host_is_not_spoken_to_in_the_clear(host: str) -> None:
    assert "has the scheme http" in refusals("databricks", host=host)["host"]


def test_parameters_that_dbt_databricks_sets_are_refused() -> None:
    found = refusals("databricks", connection_parameters={"catalog": "c"})

    assert "is reserved by dbt-databricks" in found["connection_parameters.catalog"]


def test_a_spark_session_runs_where_the_contract_says() -> None:
    found = output(
        "spark",
        method="session",
        host=None,
        master="spark://127.0.0.1:7077",
        deploy_mode="client",
        configurations={"spark.sql.shuffle.partitions": 4, "spark.master": "local"},
        server_side_parameters={"spark.app.name": "shop"},
    )

    assert found["host"] == "localhost"
    assert found["server_side_parameters"] == {
        "spark.sql.shuffle.partitions": "4",
        "spark.master": "spark://127.0.0.1:7077",
        "spark.submit.deployMode": "client",
        "spark.app.name": "shop",
    }


def test_configurations_of_spark_are_a_mapping() -> None:
    assert "server_side_parameters" in refusals("spark", master="x", server_side_parameters=1)
    assert output("spark", configurations=[])["configurations"] == []


def test_in_spark_database_and_schema_are_one() -> None:
    assert output("spark", database="s")["database"] == "s"
    assert "must be left out or equal" in refusals("spark", database="other")["database"]


def test_spark_does_not_verify_certificates() -> None:
    assert "does not verify" in generate("spark", use_ssl=True).warnings[0]


def test_a_duckdb_database_is_named_after_its_file() -> None:
    assert output("duckdb", path="a/.shop.v1.duckdb", database="shop")["database"] == "shop"
    assert output("duckdb", path=":memory:", database="memory")["database"] == "memory"
    assert output("duckdb", path="md:x", database="shop")["database"] == "shop"
    assert "must be a, after the path" in refusals("duckdb", path="a.db", database="b")["database"]


@pytest.mark.parametrize(
    "properties",
    [
        {"settings": {"s3_secret_access_key": REF}},
        {"settings": {"x": "{{ env_var('MY_TOKEN') }}"}},
        {"config_options": {"motherduck_token": REF}},
        {"attach": [{"path": "{{ env_var('DB_PASSWORD') }}"}]},
        {"attach": [{"path": SCRUBBED}]},
        {"attach": [{"path": "x", "options": {"token": REF}}]},
        {"plugins": [{"module": "gsheet", "config": {"password": REF}}]},
        {"filesystems": [{"fs": "s3", "secret": REF}]},
        {"motherduck_token": REF, "path": "md:x"},
        {"remote": {"host": "h", "port": 1, "user": "u", "password": REF}},
    ],
)
def test_what_duckdb_shows_takes_no_secret(properties: dict[str, Any]) -> None:
    [what] = refusals("duckdb", **properties).values()

    assert "so it takes no secret" in what


def test_what_duckdb_shows_takes_a_secret_that_dbt_scrubs() -> None:
    secret = EnvVar(name="DBT_ENV_SECRET_X", secret=True)
    remote = {"host": "h", "port": 1, "user": "u", "password": SCRUBBED}
    profile = generate("duckdb", path="md:x", motherduck_token=SCRUBBED)

    assert profile.outputs["dev"]["motherduck_token"] == secret
    assert profile.warnings == ()
    assert output("duckdb", remote=remote)["remote"]["password"] == secret


def test_the_name_of_a_duckdb_secret_is_no_secret() -> None:
    attach = [{"path": "s3://b/x.db", "alias": "x", "secret": "lake"}]

    assert output("duckdb", attach=attach)["attach"] == attach


@pytest.mark.parametrize(
    ("secret", "path"),
    [
        ({"type": "s3", "persistent": True}, "secrets[0].persistent"),
        ({"type": "s3", "key_id": REF}, "secrets[0]"),
        ({"type": "s3", "key_id": "literal"}, "secrets[0].key_id"),
        ({"type": "s3; drop"}, "secrets[0].type"),
        ({"type": "s3", "bad key": 1}, "secrets[0].bad key"),
    ],
)
def test_a_duckdb_secret_that_cannot_be_kept_is_refused(secret: dict[str, Any], path: str) -> None:
    assert path in refusals("duckdb", secrets=[secret])


@pytest.mark.parametrize("value", ["'x'; drop schema main", '"x"', ["a"], {"a": 1}])
def test_an_option_that_would_reach_sql_as_it_is_is_refused(value: object) -> None:
    found = refusals("duckdb", attach=[{"path": "x"}, {"path": "y", "options": {"o": value}}])

    assert "must be a plain scalar" in found["attach[1].options.o"]


def test_a_type_among_the_options_is_a_name() -> None:
    found = refusals("duckdb", attach=[{"path": "y", "options": {"type": "x); drop schema main"}}])

    assert "must match" in found["attach[0].options.type"]


def test_headers_of_a_duckdb_secret_are_a_mapping_of_references() -> None:
    headers = {"Authorization": "{{ env_var('LAKE_HEADER') }}", "X-Trace": "1"}
    [found] = output("duckdb", secrets=[{"type": "http", "extra_http_headers": headers}])["secrets"]

    assert found["extra_http_headers"]["Authorization"].secret
    assert (
        "must be a mapping of texts"
        in (
            refusals("duckdb", secrets=[{"type": "http", "extra_http_headers": "map {}); drop"}])[
                "secrets[0].extra_http_headers"
            ]
        )
    )


def test_extensions_that_are_built_in_are_warned_of() -> None:
    assert "json is built in" in generate("duckdb", extensions=["json", "httpfs"]).warnings[0]


def test_a_plain_option_of_an_attached_database_is_taken() -> None:
    attach = [{"path": "y", "alias": "y", "options": {"block_size": 16384, "encryption": "x"}}]

    assert output("duckdb", attach=attach)["attach"] == attach


def test_what_no_variable_can_fill_is_missing() -> None:
    assert refusals("redshift", method="browser_identity_center") == {
        "idc_region": "redshift (method browser_identity_center): is missing",
        "issuer_url": "redshift (method browser_identity_center): is missing",
    }
    assert refusals("redshift", method="oauth_token_identity_center") == {
        "token_endpoint.type": "redshift (method oauth_token_identity_center): is missing",
        "token_endpoint.request_url": "redshift (method oauth_token_identity_center): is missing",
    }
