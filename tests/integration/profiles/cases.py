"""One example document for each way to sign in to each target, and the variables it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from floe.adapters.profiles.factory import ProfileFactory
from floe.domain.model.env_var import EnvVar, EnvVarType
from floe.domain.model.pipeline import (
    Compute,
    CredentialMode,
    Credentials,
    Dialect,
    Pipeline,
)
from floe.domain.model.profile import Profile, ProfileGeneratorConfig

STATIC = Credentials()


@dataclass(frozen=True)
class Case:
    """What a document says of *target* to sign in by *method* (floe's name of it).

    *name* tells apart several cases of a method. *environ* holds what a variable must hold where
    any text does not do.
    """

    target: str
    method: str
    properties: Mapping[str, Any]
    name: str = ""
    credentials: Credentials = STATIC
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.target}/{self.name or self.method}"

    @property
    def pipeline(self) -> Pipeline:
        return pipeline(self.target, self.properties, self.credentials)

    @property
    def profile(self) -> Profile:
        generator = ProfileFactory().create(self.target)
        return generator.generate(self.pipeline, ProfileGeneratorConfig())

    @property
    def environment(self) -> dict[str, str]:
        """Something for every variable that the profile refers to."""
        return {var.name: _something(var) for var in self.profile.env_vars} | dict(self.environ)


def pipeline(
    target: str, properties: Mapping[str, Any], credentials: Credentials = STATIC
) -> Pipeline:
    return Pipeline(
        name="shop",
        dialect=Dialect.COMPILED_ARTIFACTS,
        source=Path("/shop/.floe/compiled_artifacts.json"),
        compute=Compute(target=target, properties=properties, credentials=credentials),
    )


def _something(var: EnvVar) -> str:
    if var.type is EnvVarType.NUMBER:
        return "5432"
    if var.type is EnvVarType.BOOLEAN:
        return "True"
    return "canary_secret" if var.secret else "something"


def ref(name: str) -> str:
    return f"{{{{ env_var('{name}') }}}}"


OAUTH2 = Credentials(
    mode=CredentialMode.OAUTH2,
    client_id="floe",
    client_secret_ref="sso-client-secret",  # noqa: S106 - the name of one
)
S3_KEYS = {
    "type": "s3",
    "name": "lake",
    "key_id": ref("LAKE_KEY_ID"),
    "secret": ref("LAKE_SECRET"),
    "region": "eu-central-1",
}
SNOWFLAKE = {"account": "acme-eu", "database": "SHOP", "warehouse": "WH", "schema": "MART"}
BIGQUERY = {"project": "acme-shop", "dataset": "mart"}
REDSHIFT = {"host": "shop.abc.eu-west-1.redshift.amazonaws.com", "database": "d", "schema": "s"}
SERVERLESS = {
    "host": "shop.1234.eu-west-1.redshift-serverless.amazonaws.com",
    "database": "d",
    "schema": "s",
}
DATABRICKS = {"host": "adb-1.2.azuredatabricks.net", "http_path": "/sql/1.0/w", "schema": "mart"}
POSTGRES = {"host": "pg", "port": 5433, "database": "shop", "schema": "mart"}
SPARK = {"host": "spark.local", "schema": "mart"}
ENTRA = {"type": "entra", "request_url": "https://login.example.com/token"}
OKTA = {
    "type": "okta",
    "request_url": "https://okta.example.com/token",
    "idp_auth_credentials": ref("OKTA_CLIENT"),
}

CASES = (
    Case("duckdb", "file", {"path": "shop.duckdb"}),
    Case("duckdb", "file", {}, name="memory"),
    Case(
        "duckdb",
        "attached",
        {
            "path": "shop.duckdb",
            "attach": [{"path": "other.duckdb", "alias": "other", "read_only": True}],
            "database": "other",
        },
    ),
    Case("duckdb", "file", {"path": "shop.duckdb", "secrets": [S3_KEYS]}, name="s3-keys"),
    Case(
        "duckdb",
        "file",
        {"secrets": [{"type": "s3", "provider": "credential_chain"}]},
        name="s3-credential-chain",
    ),
    Case("duckdb", "motherduck", {"path": "md:shop"}),
    Case("duckdb", "ducklake", {"path": "ducklake:shop.ducklake"}),
    Case("duckdb", "remote", {"remote": {"host": "duck", "port": 5433, "user": "floe"}}),
    Case("snowflake", "password", SNOWFLAKE),
    Case("snowflake", "mfa", {**SNOWFLAKE, "authenticator": "username_password_mfa"}),
    Case("snowflake", "key-pair", {**SNOWFLAKE, "method": "key-pair"}),
    Case(
        "snowflake",
        "key-pair",
        {**SNOWFLAKE, "private_key_passphrase": ref("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE")},
        name="key-pair-encrypted",
    ),
    Case("snowflake", "key-pair-file", {**SNOWFLAKE, "private_key_path": "/run/key.p8"}),
    Case(
        "snowflake",
        "key-pair-file",
        {
            **SNOWFLAKE,
            "private_key_path": "/run/key.p8",
            "private_key_passphrase": ref("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"),
        },
        name="key-pair-file-encrypted",
    ),
    Case("snowflake", "oauth-token", {**SNOWFLAKE, "authenticator": "oauth"}),
    Case("snowflake", "oauth-refresh-token", SNOWFLAKE, credentials=OAUTH2),
    Case("snowflake", "jwt", {**SNOWFLAKE, "authenticator": "jwt"}),
    Case(
        "snowflake",
        "personal-access-token",
        {**SNOWFLAKE, "authenticator": "programmatic_access_token"},
    ),
    Case("snowflake", "browser", {**SNOWFLAKE, "authenticator": "externalbrowser"}),
    Case("snowflake", "okta", {**SNOWFLAKE, "authenticator": "https://acme.okta.com"}),
    *(
        Case(
            "snowflake",
            "workload-identity",
            {
                **SNOWFLAKE,
                "authenticator": "workload_identity",
                "workload_identity_provider": provider,
                **more,
            },
            name=f"workload-identity-{provider.lower()}",
        )
        for provider, more in (
            ("AWS", {}),
            ("AZURE", {"workload_identity_entra_resource": "api://floe"}),
            ("GCP", {}),
            ("OIDC", {"token": ref("SNOWFLAKE_TOKEN")}),
        )
    ),
    Case("bigquery", "oauth", BIGQUERY),
    Case(
        "bigquery",
        "oauth",
        {**BIGQUERY, "impersonate_service_account": "floe@acme.iam.gserviceaccount.com"},
        name="oauth-impersonation",
    ),
    Case("bigquery", "service-account", {**BIGQUERY, "method": "service-account"}),
    Case("bigquery", "service-account-json", {**BIGQUERY, "method": "service-account-json"}),
    Case("bigquery", "oauth-token", {**BIGQUERY, "method": "oauth-token"}),
    Case("bigquery", "oauth-refresh-token", BIGQUERY, credentials=OAUTH2),
    Case(
        "bigquery",
        "external-oauth-wif",
        {
            **BIGQUERY,
            "method": "external-oauth-wif",
            "workload_pool_provider_path": "//iam.googleapis.com/projects/1/providers/p",
            "token_endpoint": ENTRA,
        },
    ),
    Case("redshift", "database", REDSHIFT),
    Case("redshift", "iam", {**REDSHIFT, "method": "iam", "cluster_id": "shop"}),
    Case(
        "redshift",
        "iam",
        {
            **REDSHIFT,
            "method": "iam",
            "cluster_id": "shop",
            "access_key_id": ref("AWS_ACCESS_KEY_ID"),
            "secret_access_key": ref("AWS_SECRET_ACCESS_KEY"),
        },
        name="iam-access-keys",
    ),
    Case("redshift", "iam-serverless", {**SERVERLESS, "method": "iam"}),
    Case(
        "redshift",
        "iam_role",
        {**REDSHIFT, "cluster_id": "shop"},
        credentials=Credentials(
            mode=CredentialMode.IAM_ROLE, role_arn="arn:aws:iam::123456789012:role/shop"
        ),
    ),
    Case("redshift", "iam_role-serverless", {**SERVERLESS, "method": "iam_role"}),
    Case(
        "redshift",
        "browser_identity_center",
        {
            **REDSHIFT,
            "method": "browser_identity_center",
            "idc_region": "eu-west-1",
            "issuer_url": "https://identitycenter.amazonaws.com/ssoins-1",
        },
    ),
    *(
        Case(
            "redshift",
            "oauth_token_identity_center",
            {**REDSHIFT, "method": "oauth_token_identity_center", "token_endpoint": endpoint},
            name=f"oauth_token_identity_center-{endpoint['type']}",
        )
        for endpoint in (OKTA, ENTRA)
    ),
    Case("databricks", "token", DATABRICKS),
    Case("databricks", "oauth-m2m", DATABRICKS, credentials=OAUTH2),
    Case("databricks", "oauth-u2m", {**DATABRICKS, "auth_type": "oauth"}),
    Case(
        "databricks", "azure-service-principal", {**DATABRICKS, "method": "azure-service-principal"}
    ),
    Case("databricks", "env-oidc", {**DATABRICKS, "auth_type": "env-oidc", "client_id": "floe"}),
    Case(
        "databricks",
        "file-oidc",
        {
            **DATABRICKS,
            "auth_type": "file-oidc",
            "client_id": "floe",
            "oidc_token_filepath": "/run/token",
        },
    ),
    Case("postgres", "password", POSTGRES),
    Case("postgres", "client-certificate", {**POSTGRES, "method": "client-certificate"}),
    Case("postgres", "libpq", {**POSTGRES, "method": "libpq"}),
    Case("spark", "thrift", SPARK),
    Case("spark", "thrift-password", {**SPARK, "auth": "LDAP"}),
    Case("spark", "thrift-kerberos", {**SPARK, "auth": "KERBEROS"}),
    Case("spark", "http", {**SPARK, "method": "http", "cluster": "c-1"}),
    Case("spark", "odbc", {**SPARK, "method": "odbc", "driver": "/opt/simba.so", "endpoint": "e"}),
    Case("spark", "session", {"method": "session", "schema": "mart", "master": "local[2]"}),
)
"""Every way to sign in that floe knows; the tests say when one has no example here."""
