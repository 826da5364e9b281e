"""Amazon Redshift, as dbt-redshift signs in to it."""

import re

from floe.adapters.profiles.findings import Findings
from floe.adapters.profiles.table import SQL_NAME, Field, Kind, Method, Properties, Table
from floe.domain.model.pipeline import CredentialMode

_SERVERLESS = re.compile(r".*\.redshift-serverless\..*")


def _prepare(properties: Properties, _findings: Findings) -> Properties:
    """Say that a serverless workgroup is one: it has no cluster to be named."""
    host = properties.get("host")
    if isinstance(host, str) and _SERVERLESS.fullmatch(host):
        return {"is_serverless": True} | properties
    return properties


_TOKEN_ENDPOINT = Field(
    "token_endpoint",
    Kind.RECORD,
    members=(
        Field("type", choices=("okta", "entra"), required=True),
        Field("request_url", required=True),
        Field("request_data", secret=True, required=True, variable="REDSHIFT_TOKEN_REQUEST_DATA"),
        Field("idp_auth_credentials", secret=True),
    ),
)

TABLE = Table(
    name="redshift",
    package="dbt-redshift",
    fields=(
        Field("method"),
        Field("host", variable="REDSHIFT_HOST"),
        Field("port", Kind.INTEGER, default=5439, minimum=1, maximum=65535),
        Field("user", variable="REDSHIFT_USER"),
        Field("password", aliases=("pass",), secret=True, variable="REDSHIFT_PASSWORD"),
        Field(
            "dbname",
            aliases=("database",),
            variable="REDSHIFT_DATABASE",
            label="DATABASE",
            pattern=SQL_NAME,
        ),
        Field("schema", variable="REDSHIFT_SCHEMA", pattern=SQL_NAME),
        Field("cluster_id", variable="REDSHIFT_CLUSTER_ID"),
        Field("iam_profile"),
        Field("access_key_id", secret=True, variable="REDSHIFT_ACCESS_KEY_ID"),
        Field("secret_access_key", secret=True, variable="REDSHIFT_SECRET_ACCESS_KEY"),
        Field("autocreate", Kind.BOOLEAN),
        Field("db_groups", Kind.TEXTS),
        Field("ra3_node", Kind.BOOLEAN),
        Field("datasharing", Kind.BOOLEAN),
        Field("connect_timeout", Kind.INTEGER, minimum=0),
        Field("role", pattern=SQL_NAME),
        Field(
            "sslmode",
            choices=("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
        ),
        Field("retries", Kind.INTEGER, minimum=0),
        Field("retry_all", Kind.BOOLEAN),
        Field("region"),
        Field("autocommit", Kind.BOOLEAN),
        Field("idc_region"),
        Field("issuer_url"),
        Field("idp_listen_port", Kind.INTEGER, minimum=1, maximum=65535),
        Field("idc_client_display_name"),
        Field("idp_response_timeout", Kind.INTEGER, minimum=0),
        _TOKEN_ENDPOINT,
        Field("is_serverless", Kind.BOOLEAN),
        Field("serverless_work_group"),
        Field("serverless_acct_id"),
        Field("tcp_keepalive", Kind.BOOLEAN),
        Field("tcp_keepalive_idle", Kind.INTEGER, minimum=0),
        Field("tcp_keepalive_interval", Kind.INTEGER, minimum=0),
        Field("tcp_keepalive_count", Kind.INTEGER, minimum=0),
        Field("query_group"),
        Field("allow_concurrent_drops", Kind.BOOLEAN),
        Field("drop_without_cascade", Kind.BOOLEAN),
    ),
    selector="method",
    common=("host", "port", "dbname", "schema"),
    methods=(
        Method("database", selector="database", requires=("user", "password")),
        Method(
            "iam-serverless",
            selector="iam",
            requires=("user",),
            defaults={"is_serverless": True},
            accepts=("access_key_id", "secret_access_key", "iam_profile"),
            hints=("is_serverless", "serverless_work_group", "serverless_acct_id"),
        ),
        Method(
            "iam",
            selector="iam",
            requires=("user", "cluster_id"),
            accepts=("access_key_id", "secret_access_key", "iam_profile"),
        ),
        Method(
            "iam_role-serverless",
            selector="iam_role",
            defaults={"is_serverless": True},
            accepts=("iam_profile",),
            hints=("is_serverless", "serverless_work_group", "serverless_acct_id"),
            modes=(CredentialMode.IAM_ROLE,),
        ),
        Method(
            "iam_role",
            selector="iam_role",
            requires=("cluster_id",),
            accepts=("iam_profile", "user"),
            modes=(CredentialMode.IAM_ROLE,),
        ),
        Method(
            "browser_identity_center",
            selector="browser_identity_center",
            requires=("idc_region", "issuer_url"),
        ),
        Method(
            "oauth_token_identity_center",
            selector="oauth_token_identity_center",
            requires=("token_endpoint",),
        ),
    ),
    together=(("access_key_id", "secret_access_key"),),
    prepare=_prepare,
)
