"""Databricks, as dbt-databricks signs in to it."""

import re
from urllib.parse import urlsplit

from floe.adapters.profiles.findings import Findings
from floe.adapters.profiles.table import SQL_NAME, Field, Kind, Method, Output, Properties, Table
from floe.adapters.profiles.template import has_template
from floe.domain.model.pipeline import CredentialMode

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_RESERVED = (
    "server_hostname",
    "http_path",
    "access_token",
    "client_id",
    "client_secret",
    "session_configuration",
    "catalog",
    "schema",
    "_user_agent_entry",
    "user_agent_entry",
)


def _prepare(properties: Properties, findings: Findings) -> Properties:
    """Take the scheme from the host: the driver adds its own.

    Plain HTTP stays where it cannot leave the machine, for tests against a stand-in.
    """
    host = properties.get("host")
    if not isinstance(host, str) or has_template(host) or not re.match(r"(?i)https?://", host):
        return properties
    try:
        name = urlsplit(host).hostname
    except ValueError:
        name = None
    if host.lower().startswith("http://"):
        if name not in _LOOPBACK:
            findings.problem("host", "has the scheme http, which would show the token to the net")
        return properties
    findings.warn("host", "takes no scheme and no path: both were taken away")
    return properties | {"host": re.sub(r"(?i)^https://([^/?#]*).*$", r"\1", host)}


def _check(output: Output, findings: Findings) -> None:
    parameters = output.get("connection_parameters")
    for name in _RESERVED:
        if isinstance(parameters, dict) and name in parameters:
            findings.problem(f"connection_parameters.{name}", "is reserved by dbt-databricks")


TABLE = Table(
    name="databricks",
    package="dbt-databricks",
    fields=(
        Field(
            "catalog",
            aliases=("database",),
            variable="DATABRICKS_CATALOG",
            default="hive_metastore",
            optional=True,
            pattern=SQL_NAME,
        ),
        Field("schema", variable="DATABRICKS_SCHEMA", pattern=SQL_NAME),
        Field("host", variable="DATABRICKS_HOST"),
        Field("http_path", variable="DATABRICKS_HTTP_PATH"),
        Field("auth_type"),
        Field("token", secret=True, variable="DATABRICKS_TOKEN"),
        Field("client_id", variable="DATABRICKS_CLIENT_ID"),
        Field("client_secret", secret=True, variable="DATABRICKS_CLIENT_SECRET"),
        Field("azure_client_id", variable="DATABRICKS_AZURE_CLIENT_ID"),
        Field("azure_client_secret", secret=True, variable="DATABRICKS_AZURE_CLIENT_SECRET"),
        Field("oidc_token_filepath", variable="DATABRICKS_OIDC_TOKEN_FILEPATH"),
        Field("oauth_redirect_url"),
        Field("oauth_scopes", Kind.TEXTS),
        Field("session_properties", Kind.FREE, exposed=True),
        Field("connection_parameters", Kind.FREE),
        Field("compute", Kind.FREE),
        Field("query_tags"),
        Field("connect_retries", Kind.INTEGER, minimum=0),
        Field("connect_timeout", Kind.INTEGER, minimum=0),
        Field("retry_all", Kind.BOOLEAN),
        Field("connect_max_idle", Kind.INTEGER, minimum=0),
        Field("target_catalog", pattern=SQL_NAME),
    ),
    selector="auth_type",
    common=("host", "http_path", "schema"),
    methods=(
        Method("token", answers="token", requires=("token",)),
        Method(
            "oauth-m2m",
            selector="oauth",
            requires=("client_id", "client_secret"),
            accepts=("oauth_scopes",),
            hints=("client_secret",),
            modes=(CredentialMode.OAUTH2,),
        ),
        Method(
            "azure-service-principal",
            selector="oauth",
            requires=("azure_client_id", "azure_client_secret"),
            hints=("azure_client_id", "azure_client_secret"),
        ),
        Method(
            "oauth-u2m",
            selector="oauth",
            accepts=("client_id", "oauth_redirect_url", "oauth_scopes"),
        ),
        Method("env-oidc", selector="env-oidc", requires=("client_id",)),
        Method("file-oidc", selector="file-oidc", requires=("client_id", "oidc_token_filepath")),
    ),
    credentials={
        "client_id": "client_id",
        "client_secret": "client_secret",
        "oauth_scopes": "scope",
    },
    prepare=_prepare,
    check=_check,
)
