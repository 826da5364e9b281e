"""Google BigQuery, as dbt-bigquery signs in to it."""

from floe.adapters.profiles.findings import Findings
from floe.adapters.profiles.table import SQL_NAME, Field, Kind, Method, Properties, Table
from floe.domain.model.pipeline import CredentialMode

_PROJECT = r"(?!.*--)[\w$][\w$.:-]*"
_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - where tokens are, not one

_KEYFILE_JSON = Field(
    "keyfile_json",
    Kind.RECORD,
    members=(
        Field("type", required=True, default="service_account"),
        Field("project_id"),
        Field("private_key_id", secret=True),
        Field("private_key", secret=True, required=True, variable="GCP_PRIVATE_KEY"),
        Field("client_email", required=True, variable="GCP_CLIENT_EMAIL"),
        Field("client_id"),
        Field("auth_uri"),
        Field("token_uri", required=True, default=_TOKEN_URI),
        Field("auth_provider_x509_cert_url"),
        Field("client_x509_cert_url"),
        Field("universe_domain"),
    ),
)
_TOKEN_ENDPOINT = Field(
    "token_endpoint",
    Kind.RECORD,
    members=(
        Field("type", choices=("entra",), required=True),
        Field("request_url", required=True),
        Field("request_data", secret=True, required=True, variable="GCP_TOKEN_REQUEST_DATA"),
    ),
)


def _prepare(properties: Properties, findings: Findings) -> Properties:
    """Say early why a key in one variable does not work."""
    if isinstance(properties.get("keyfile_json"), str):
        findings.problem(
            "keyfile_json",
            "must be a mapping: dbt makes nothing of JSON text in a secret variable",
            "one reference for each secret member, for example private_key",
        )
        return {key: value for key, value in properties.items() if key != "keyfile_json"}
    return properties


TABLE = Table(
    name="bigquery",
    package="dbt-bigquery",
    fields=(
        Field("method", required=True),
        Field(
            "project",
            aliases=("database",),
            variable="GCP_PROJECT",
            pattern=_PROJECT,
        ),
        Field("dataset", aliases=("schema",), variable="BQ_DATASET", pattern=SQL_NAME),
        Field("keyfile", variable="GOOGLE_APPLICATION_CREDENTIALS"),
        _KEYFILE_JSON,
        Field("token", secret=True, variable="GCP_TOKEN"),
        Field("refresh_token", secret=True, variable="GCP_REFRESH_TOKEN"),
        Field("client_id", variable="GCP_CLIENT_ID"),
        Field("client_secret", secret=True, variable="GCP_CLIENT_SECRET"),
        Field("token_uri", default=_TOKEN_URI),
        Field("location", variable="BQ_LOCATION", optional=True),
        Field("execution_project", pattern=_PROJECT),
        Field("quota_project", pattern=_PROJECT),
        Field("api_endpoint"),
        Field("priority", choices=("interactive", "batch")),
        Field("maximum_bytes_billed", Kind.INTEGER, minimum=0),
        Field("reservation"),
        Field("impersonate_service_account"),
        Field("job_retry_deadline_seconds", Kind.INTEGER, minimum=0),
        Field("job_retries", Kind.INTEGER, aliases=("retries",), minimum=0),
        Field("job_creation_timeout_seconds", Kind.INTEGER, minimum=0),
        Field(
            "job_execution_timeout_seconds", Kind.INTEGER, aliases=("timeout_seconds",), minimum=0
        ),
        Field("job_link_info_level_log", Kind.BOOLEAN),
        Field("workload_pool_provider_path"),
        Field("service_account_impersonation_url"),
        _TOKEN_ENDPOINT,
        Field("compute_region", aliases=("dataproc_region",)),
        Field("dataproc_cluster_name"),
        Field("gcs_bucket"),
        Field("submission_method"),
        Field("dataproc_batch", Kind.FREE),
        Field("scopes", Kind.TEXTS),
        Field("target_project", pattern=_PROJECT),
        Field("target_dataset", pattern=SQL_NAME),
    ),
    selector="method",
    common=("project", "dataset"),
    methods=(
        Method("oauth", selector="oauth", fallback=True),
        Method(
            "service-account",
            selector="service-account",
            requires=("keyfile",),
            hints=("keyfile",),
            modes=(CredentialMode.SERVICE_ACCOUNT,),
        ),
        Method(
            "service-account-json",
            selector="service-account-json",
            requires=("keyfile_json",),
            hints=("keyfile_json",),
            modes=(CredentialMode.SERVICE_ACCOUNT,),
        ),
        Method(
            "oauth-refresh-token",
            selector="oauth-secrets",
            requires=("refresh_token", "client_id", "client_secret", "token_uri"),
            accepts=("token",),
            hints=("refresh_token", "client_id", "client_secret"),
            modes=(CredentialMode.OAUTH2,),
        ),
        Method(
            "oauth-token",
            selector="oauth-secrets",
            requires=("token",),
            hints=("token",),
            fallback=True,
        ),
        Method(
            "external-oauth-wif",
            selector="external-oauth-wif",
            requires=("workload_pool_provider_path", "token_endpoint"),
            accepts=("service_account_impersonation_url",),
            hints=("workload_pool_provider_path",),
        ),
    ),
    credentials={"client_id": "client_id", "client_secret": "client_secret", "scopes": "scope"},
    prepare=_prepare,
)
