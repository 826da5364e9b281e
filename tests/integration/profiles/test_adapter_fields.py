"""The tables follow the adapters: a field that is new, renamed or retyped shows here."""

from typing import Any

import pytest

from floe.adapters.profiles.table import Field, Kind
from floe.adapters.profiles.tables import TABLES
from floe.adapters.profiles.writer import ProfileWriter
from floe.domain.model.literal_credentials import is_credential_key
from tests.integration.profiles import dbt_check
from tests.integration.profiles.cases import CASES

every_target = pytest.mark.parametrize("target", TABLES)

NOT_PRINTED_YET_NO_SECRET = {
    "duckdb": {"module_paths", "retries", "keep_open", "flights", "is_ducklake"},
    "snowflake": {"private_key_path"},
    "bigquery": {
        "quota_project",
        "api_endpoint",
        "keyfile",
        "submission_method",
        "scopes",
        "workload_pool_provider_path",
        "service_account_impersonation_url",
    },
    "redshift": {
        "idc_region",
        "issuer_url",
        "idp_listen_port",
        "idc_client_display_name",
        "idp_response_timeout",
    },
    "databricks": {
        "database",
        "session_properties",
        "client_id",
        "azure_client_id",
        "oauth_redirect_url",
        "oauth_scopes",
        "connection_parameters",
        "auth_type",
        "oidc_token_filepath",
        "compute",
        "query_tags",
        "connect_retries",
        "connect_timeout",
        "retry_all",
        "connect_max_idle",
    },
    "postgres": set[str](),
    "spark": {
        "method",
        "driver",
        "user",
        "auth",
        "kerberos_service_name",
        "connection_string_suffix",
        "connect_retries",
        "connect_timeout",
        "use_ssl",
        "server_side_parameters",
        "retry_all",
        "query_timeout",
        "poll_interval",
        "query_retries",
        "database",
    },
}
"""Fields that an adapter does not print, though nothing in them is secret by nature."""


def _properties(target: str) -> dict[str, Any]:
    found: dict[str, Any] = dbt_check.credentials_class(target).json_schema()["properties"]
    return {name: schema for name, schema in found.items() if not name.startswith("_")}


def _own_name(target: str, field: Field) -> str:
    """Return what the adapter calls *field* where floe writes an alias of dbt's."""
    aliases = dbt_check.credentials_class(target)._ALIASES
    return str(aliases.get(field.name, field.name))


@every_target
def test_the_table_has_every_field_and_alias_of_the_adapter(target: str) -> None:
    cls = dbt_check.credentials_class(target)

    missing = {*_properties(target), *cls._ALIASES} - set(TABLES[target].by_name)

    assert missing == set()


@every_target
def test_the_table_has_no_field_that_the_adapter_does_not(target: str) -> None:
    cls = dbt_check.credentials_class(target)

    assert set(TABLES[target].by_name) <= {*_properties(target), *cls._ALIASES}


@every_target
def test_aliases_mean_the_same_to_the_adapter(target: str) -> None:
    aliases = dbt_check.credentials_class(target)._ALIASES

    for field in TABLES[target].fields:
        meant = {aliases.get(name, name) for name in (field.name, *field.aliases)}
        assert meant == {_own_name(target, field)}


@every_target
def test_types_are_those_of_the_adapter(target: str) -> None:
    properties = _properties(target)

    wrong = {
        field.name: (field.kind, schema)
        for field in TABLES[target].fields
        if (schema := properties.get(_own_name(target, field))) is not None
        and field.kind not in _kinds(schema)
    }

    assert wrong == {}


def _kinds(schema: dict[str, Any]) -> set[Kind]:
    options = schema.get("anyOf", [schema])
    return {
        kind
        for option in options
        if option.get("type") != "null"
        for kind in _KINDS["enum" if "enum" in option else option["type"]]
    }


_KINDS = {
    "string": (Kind.TEXT,),
    "enum": (Kind.TEXT,),
    "integer": (Kind.INTEGER,),
    "number": (Kind.NUMBER,),
    "boolean": (Kind.BOOLEAN,),
    "array": (Kind.TEXTS, Kind.RECORDS, Kind.FREE),
    "object": (Kind.RECORD, Kind.TEXT_MAPPING, Kind.FREE),
}


@every_target
def test_choices_are_those_of_the_adapter(target: str) -> None:
    properties = _properties(target)

    for field in TABLES[target].fields:
        for option in properties.get(_own_name(target, field), {}).get("anyOf", [{}]):
            if "enum" in option:
                assert field.choices == tuple(option["enum"])


@every_target
def test_members_of_records_are_those_of_the_adapter(target: str) -> None:
    properties = _properties(target)

    for field in TABLES[target].fields:
        for option in properties.get(_own_name(target, field), {}).get("anyOf", []):
            record = option.get("items", option)
            if field.closed and "properties" in record:
                assert {each.name for each in field.members} == set(record["properties"])


@every_target
def test_what_the_adapter_does_not_print_is_a_secret_or_known_to_be_none(target: str) -> None:
    case = next(case for case in CASES if case.target == target)
    text = ProfileWriter().render(case.profile)
    credentials = dbt_check.credentials(text, "dev", case.environment)
    printed = set(credentials._connection_keys())
    by_own_name = {_own_name(target, field): field for field in TABLES[target].fields}

    hidden = {name for name in _properties(target) if name not in printed}
    secret = {
        name
        for name in hidden
        if by_own_name[name].secret or any(each.secret for each in by_own_name[name].members)
    }

    assert hidden - secret == NOT_PRINTED_YET_NO_SECRET[target]


@every_target
def test_secret_fields_are_found_by_their_names_too(target: str) -> None:
    by_name = {
        name
        for field in TABLES[target].fields
        for name in (field.name, *field.aliases)
        if field.secret
    }

    assert {name for name in by_name if not is_credential_key(name)} == set()
