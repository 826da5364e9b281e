from typing import Any

import pytest

from floe.domain.model.env_var import EnvVar
from tests.unit.adapters.profiles.parts import generate, output, refusals


@pytest.mark.parametrize(
    ("target", "name", "value"),
    [
        ("snowflake", "platform_detection_timeout_seconds", 0.5),
        ("redshift", "db_groups", ["a", "b"]),
        ("bigquery", "dataproc_batch", {"environment_config": {"n": 1, "f": 0.5, "b": True}}),
        ("duckdb", "extensions", ["httpfs", {"name": "h3", "repo": "community"}]),
        ("duckdb", "filesystems", [{"fs": "memory", "x": None}]),
        ("duckdb", "plugins", [{"module": "excel", "config": {"output": {"engine": "x"}}}]),
        ("duckdb", "retries", {"connect_attempts": 3}),
    ],
)
def test_values_of_the_right_type_are_taken(target: str, name: str, value: Any) -> None:
    assert output(target, **{name: value})[name] == value


def test_settings_may_be_references() -> None:
    found = output("duckdb", settings={"memory_limit": "{{ env_var('MEMORY_LIMIT') }}"})

    assert found["settings"] == {"memory_limit": EnvVar(name="MEMORY_LIMIT")}


def test_numbers_and_booleans_may_be_written_as_text() -> None:
    found = output("postgres", port="5433", autocommit="TRUE")

    assert (found["port"], found["autocommit"]) == (5433, True)


@pytest.mark.parametrize(
    ("target", "properties", "path", "what"),
    [
        ("postgres", {"host": 5}, "host", "must be text"),
        ("postgres", {"host": "a\nb"}, "host", "does not print"),
        ("postgres", {"host": "a\ud800"}, "host", "does not print"),
        ("postgres", {"host": "x DBT_ENV_SECRET_A"}, "host", "dbt makes nothing of"),
        ("postgres", {"host": ""}, "host", "is empty"),
        ("postgres", {"sslmode": "bogus"}, "sslmode", "must be one of disable"),
        ("postgres", {"role": "a; drop table x"}, "role", "must match"),
        ("postgres", {"schema": "a--b"}, "schema", "must match"),
        ("postgres", {"port": "x"}, "port", "must be an integer"),
        ("postgres", {"port": True}, "port", "must be an integer"),
        ("postgres", {"port": 5432.0}, "port", "must be an integer"),
        ("postgres", {"port": 0}, "port", "must be at least 1"),
        ("postgres", {"port": 65536}, "port", "must be at most 65535"),
        ("postgres", {"threads": 0}, "threads", "must be at least 1"),
        ("postgres", {"threads": "many"}, "threads", "must be an integer"),
        ("postgres", {"autocommit": 1}, "autocommit", "must be true or false"),
        ("postgres", {"password": True}, "password", "must be a reference"),
        (
            "snowflake",
            {"platform_detection_timeout_seconds": "1"},
            "platform_detection_timeout_seconds",
            "must be a number",
        ),
        (
            "snowflake",
            {"platform_detection_timeout_seconds": float("nan")},
            "platform_detection_timeout_seconds",
            "must be a finite number",
        ),
        ("redshift", {"db_groups": "a"}, "db_groups", "must be a list of texts"),
        ("redshift", {"db_groups": [1]}, "db_groups[0]", "must be text"),
        ("spark", {"server_side_parameters": []}, "server_side_parameters", "a mapping of texts"),
        ("duckdb", {"attach": {}}, "attach", "must be a list"),
        ("duckdb", {"attach": ["x"]}, "attach[0]", "must be a mapping"),
        ("duckdb", {"attach": [{"alias": "x"}]}, "attach[0].path", "is missing"),
        ("duckdb", {"attach": [{"path": "x", "y": 1}]}, "attach[0].y", "is not one of path"),
        ("duckdb", {"settings": {"a": float("inf")}}, "settings.a", "must be a finite number"),
        ("duckdb", {"settings": {"a b": 1}}, "settings.a b", "has a key that does not match"),
        ("duckdb", {"settings": {"a{{b": 1}}, "settings", "has a key that is no plain text"),
        ("duckdb", {"extensions": ["a b"]}, "extensions[0]", "must match"),
        ("duckdb", {"remote": "x"}, "remote", "must be a mapping"),
        ("duckdb", {"{{ env_var('X') }}": 1}, "", "has a key that is no plain text"),
        ("duckdb", {"a\nb": 1}, "", "has a key that is no plain text"),
        (
            "spark",
            {"server_side_parameters": {"{{ x": "1"}},
            "server_side_parameters",
            "has a key that is no plain text",
        ),
    ],
)
def test_values_of_the_wrong_type_are_refused_by_path(
    target: str, properties: dict[str, Any], path: str, what: str
) -> None:
    found = refusals(target, **properties)

    assert what in found[path]


def test_all_problems_are_told_at_once() -> None:
    wrong = {"host": 1, "port": "x", "password": "p", "schema": "{{ x }}"}

    assert set(refusals("postgres", **wrong)) == set(wrong)


def test_problems_name_target_and_method() -> None:
    assert refusals("postgres", port="x")["port"].startswith("postgres (method password): ")


def test_parameters_of_a_server_are_texts() -> None:
    found = output("spark", server_side_parameters={"a": 4, "b": True, "c": "x", "d": 0.5})

    assert found["server_side_parameters"] == {"a": "4", "b": "true", "c": "x", "d": "0.5"}


def test_a_secret_parameter_of_a_server_is_a_reference() -> None:
    key = "spark.hadoop.fs.s3a.secret.key"
    found = output("spark", server_side_parameters={key: "{{ env_var('S3_SECRET') }}"})

    assert found["server_side_parameters"][key] == EnvVar(name="S3_SECRET", secret=True)
    assert f"server_side_parameters.{key}" in refusals("spark", server_side_parameters={key: "x"})


def test_a_secret_member_that_nobody_knows_is_a_reference() -> None:
    headers = {"http_headers": {"Authorization": "{{ env_var('HEADER') }}", "X-Trace": "1"}}
    found = output("databricks", connection_parameters=headers)["connection_parameters"]

    assert found["http_headers"] == {
        "Authorization": EnvVar(name="HEADER", secret=True),
        "X-Trace": "1",
    }


def test_an_unknown_member_of_an_open_record_is_kept() -> None:
    secret = {
        "type": "s3",
        "endpoint": "localhost:9000",
        "use_ssl": False,
        "api_key": "{{ env_var('K') }}",
        "region": None,
    }
    [found] = output("duckdb", secrets=[secret])["secrets"]

    assert found == {
        "type": "s3",
        "endpoint": "localhost:9000",
        "use_ssl": False,
        "api_key": EnvVar(name="K", secret=True),
    }


def test_an_unknown_property_is_kept_with_a_hint() -> None:
    profile = generate("postgres", sslmod="require", novelty=[1, {"a": None}])
    said = "postgres (method password): is not a field of dbt-postgres, written as it is"

    assert profile.outputs["dev"]["sslmod"] == "require"
    assert profile.outputs["dev"]["novelty"] == [1, {"a": None}]
    assert profile.warnings == (
        f"shop.json: $.compute.properties.sslmod: {said}; did you mean sslmode?",
        f"shop.json: $.compute.properties.novelty: {said}",
    )


def test_a_typo_is_told_of_beside_what_it_may_have_caused() -> None:
    found = refusals("postgres", port="none", sslmod="require", novelty=1)

    assert "must be an integer" in found["port"]
    assert "did you mean sslmode?" in found["sslmod"]
    assert "novelty" not in found


@pytest.mark.parametrize("name", ["api_token", "client_secret", "passphrase"])
def test_an_unknown_credential_is_a_reference(name: str) -> None:
    assert output("postgres", **{name: "{{ env_var('T') }}"})[name].secret
    assert name in refusals("postgres", **{name: "plain"})


def test_an_alias_is_written_as_dbt_documents_it() -> None:
    found = output("postgres", database=None, dbname="shop", **{"pass": "{{ env_var('P') }}"})

    assert (found["dbname"], found["password"].name) == ("shop", "P")
    assert "database" not in found
    assert "pass" not in found


def test_an_alias_beside_its_field_must_agree() -> None:
    assert output("postgres", dbname="d")["dbname"] == "d"
    assert "is given as database too" in refusals("postgres", dbname="other")["dbname"]


def test_the_type_is_the_target_whatever_is_written() -> None:
    profile = generate("postgres", type="snowflake")

    assert profile.outputs["dev"]["type"] == "postgres"
    assert "the compute target decides the type" in profile.warnings[0]
