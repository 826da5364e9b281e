"""Snowflake, as dbt-snowflake signs in to it."""

from floe.adapters.profiles.findings import Findings
from floe.adapters.profiles.table import SQL_NAME, Field, Kind, Method, Output, Table
from floe.domain.model.pipeline import CredentialMode

_PROVIDERS = ("OIDC", "AZURE", "GCP", "AWS")


def _check(output: Output, findings: Findings) -> None:
    provider = str(output.get("workload_identity_provider", "")).upper()
    if "workload_identity_entra_resource" in output and provider != "AZURE":
        findings.problem("workload_identity_entra_resource", "is for the provider AZURE only")
    if provider == "OIDC" and "token" not in output:
        findings.problem(
            "token", "is missing, which the provider OIDC needs", "{{ env_var('SNOWFLAKE_TOKEN') }}"
        )


TABLE = Table(
    name="snowflake",
    package="dbt-snowflake",
    fields=(
        Field("account", variable="SNOWFLAKE_ACCOUNT"),
        Field("user", variable="SNOWFLAKE_USER"),
        Field("password", secret=True, variable="SNOWFLAKE_PASSWORD"),
        Field("authenticator"),
        Field("private_key", secret=True, variable="SNOWFLAKE_PRIVATE_KEY"),
        Field("private_key_path", variable="SNOWFLAKE_PRIVATE_KEY_PATH"),
        Field("private_key_passphrase", secret=True, variable="SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"),
        Field("token", secret=True, variable="SNOWFLAKE_TOKEN"),
        Field("oauth_client_id", variable="SNOWFLAKE_OAUTH_CLIENT_ID"),
        Field("oauth_client_secret", secret=True, variable="SNOWFLAKE_OAUTH_CLIENT_SECRET"),
        Field("role", variable="SNOWFLAKE_ROLE", optional=True, pattern=SQL_NAME),
        Field("database", variable="SNOWFLAKE_DATABASE", pattern=SQL_NAME),
        Field("warehouse", variable="SNOWFLAKE_WAREHOUSE", pattern=SQL_NAME),
        Field("schema", variable="SNOWFLAKE_SCHEMA", pattern=SQL_NAME),
        Field("query_tag"),
        Field("client_session_keep_alive", Kind.BOOLEAN),
        Field("host"),
        Field("port", Kind.INTEGER, minimum=1, maximum=65535),
        Field("proxy_host"),
        Field("proxy_port", Kind.INTEGER, minimum=1, maximum=65535),
        Field("protocol", choices=("https", "http")),
        Field("connect_retries", Kind.INTEGER, minimum=0),
        Field("connect_timeout", Kind.INTEGER, minimum=0),
        Field("retry_on_database_errors", Kind.BOOLEAN),
        Field("retry_all", Kind.BOOLEAN),
        Field("insecure_mode", Kind.BOOLEAN),
        Field("reuse_connections", Kind.BOOLEAN),
        Field("s3_stage_vpce_dns_name"),
        Field("workload_identity_provider", pattern=f"(?i:{'|'.join(_PROVIDERS)})"),
        Field("workload_identity_entra_resource"),
        Field("platform_detection_timeout_seconds", Kind.NUMBER),
    ),
    selector="authenticator",
    common=("account", "database", "warehouse", "schema"),
    methods=(
        Method("password", answers="snowflake", requires=("user", "password")),
        Method(
            "mfa",
            selector="username_password_mfa",
            requires=("user", "password"),
        ),
        Method(
            "key-pair-file",
            answers="snowflake_jwt",
            requires=("user", "private_key_path"),
            accepts=("private_key_passphrase",),
            hints=("private_key_path",),
        ),
        Method(
            "key-pair",
            answers="snowflake_jwt",
            requires=("user", "private_key"),
            accepts=("private_key_passphrase",),
            hints=("private_key", "private_key_passphrase"),
        ),
        Method("oauth-token", selector="oauth", requires=("token",), accepts=("user",)),
        Method(
            "oauth-refresh-token",
            selector="oauth",
            requires=("token", "oauth_client_id", "oauth_client_secret"),
            accepts=("user",),
            hints=("oauth_client_id", "oauth_client_secret"),
            modes=(CredentialMode.OAUTH2,),
        ),
        Method("jwt", selector="jwt", requires=("token",), accepts=("user",)),
        Method(
            "personal-access-token",
            selector="programmatic_access_token",
            requires=("token",),
            accepts=("user",),
        ),
        Method("browser", selector="externalbrowser", requires=("user",)),
        Method("okta", answers="https://.+", requires=("user", "password", "authenticator")),
        Method(
            "workload-identity",
            selector="workload_identity",
            requires=("workload_identity_provider",),
            accepts=("workload_identity_entra_resource", "token", "user"),
            hints=("workload_identity_provider",),
        ),
    ),
    credentials={"oauth_client_id": "client_id", "oauth_client_secret": "client_secret"},
    conflicts=(("private_key", "private_key_path"),),
    check=_check,
)
