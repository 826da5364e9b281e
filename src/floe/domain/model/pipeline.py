"""A pipeline: what floe knows from a contract document, whichever dialect it was written in."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field, JsonValue

from floe.domain.model.governance import ColumnClassification
from floe.domain.model.value import UtcDatetime, Value

TARGETS = ("duckdb", "snowflake", "bigquery", "redshift", "databricks", "postgres", "spark")
"""The compute targets of the contract; installed packages may add more."""


class Dialect(StrEnum):
    """Which kind of document the pipeline was read from."""

    COMPILED_ARTIFACTS = "compiled_artifacts"
    SUCCESSOR = "successor"
    FLOE_YAML = "floe_yaml"


class CredentialMode(StrEnum):
    """How the contract says that the target is signed in to."""

    STATIC = "static"
    OAUTH2 = "oauth2"
    IAM_ROLE = "iam_role"
    SERVICE_ACCOUNT = "service_account"


class Credentials(Value):
    """Where the credentials of a target are found; never the credentials.

    *secret_ref* and *client_secret_ref* name secrets (Kubernetes syntax). *client_id* is a
    literal, *client_id_ref* the reference in its place.
    """

    mode: CredentialMode = CredentialMode.STATIC
    secret_ref: str | None = None
    client_id: str | None = None
    client_id_ref: str | None = None
    client_secret_ref: str | None = None
    scope: str | None = None
    role_arn: str | None = None


class Compute(Value):
    """The effective compute target: *properties* are the contract's, checked by no one yet."""

    target: str
    properties: Mapping[str, JsonValue] = Field(default_factory=dict)
    credentials: Credentials = Field(default_factory=Credentials)
    source: str = "compute"


class ClassificationSource(StrEnum):
    """Whose word counts when the manifest and the contract classify a column differently."""

    DBT_META = "dbt_meta"
    EXTERNAL = "external"


class Governance(Value):
    """Policies and classifications: *classifications* maps model name → columns."""

    classification_source: ClassificationSource = ClassificationSource.DBT_META
    policies: Mapping[str, Any] = Field(default_factory=dict)
    emit_lineage: bool = True
    classifications: Mapping[str, tuple[ColumnClassification, ...]] = Field(default_factory=dict)


class SamplingType(StrEnum):
    """How the contract says that traces are sampled."""

    ALWAYS_ON = "always_on"
    ALWAYS_OFF = "always_off"
    PROBABILISTIC = "probabilistic"
    RATE_LIMITING = "rate_limiting"


class Sampling(Value):
    """A sampling rule: *probability* 0 to 1, *rate_limit* in traces a second."""

    type: SamplingType = SamplingType.ALWAYS_ON
    probability: float = Field(default=1.0, ge=0, le=1)
    rate_limit: int | None = Field(default=None, ge=1)


class Observability(Value):
    """What is to be observed and where it goes; an empty endpoint counts as absent.

    *otlp_protocol* is ``http/protobuf`` or ``grpc`` where the document says so.
    *lineage_transport* is ``http``, ``console`` or ``noop`` where the document says so.
    """

    traces: bool = True
    metrics: bool = True
    lineage: bool = True
    otlp_endpoint: str | None = None
    otlp_protocol: str | None = None
    lineage_endpoint: str | None = None
    lineage_transport: str | None = None
    attributes: Mapping[str, str] = Field(default_factory=dict)
    sampling: Sampling | None = None
    log_level: str = "INFO"


class EnvironmentContext(Value):
    """Whose pipeline this is: tenant, project and environment."""

    tenant_id: str
    tenant_slug: str
    project_id: str
    project_slug: str
    environment_id: str
    environment_type: str
    governance_category: str

    @property
    def attributes(self) -> dict[str, str]:
        """The context as span attributes."""
        return {
            "floe.tenant.id": self.tenant_id,
            "floe.tenant.slug": self.tenant_slug,
            "floe.project.id": self.project_id,
            "floe.project.slug": self.project_slug,
            "floe.environment.id": self.environment_id,
            "floe.environment.type": self.environment_type,
            "floe.governance.category": self.governance_category,
        }


class DbtOrchestration(Value):
    """What the contract says of the dbt project for the orchestrator; paths as written."""

    manifest_path: str | None = None
    project_dir: str | None = None
    profiles_dir: str | None = None
    target: str | None = None


class JobDefinition(Value):
    """A job of the contract: *selection* is Dagster's or dbt's selection syntax.

    One of type ``ops`` calls *target_function* (``module.function``) with *arguments* instead.
    """

    name: str
    type: str = "batch"
    selection: tuple[str, ...] = ()
    target_function: str | None = None
    arguments: Mapping[str, Any] = Field(default_factory=dict)
    description: str | None = None


class ScheduleDefinition(Value):
    """A schedule of the contract: *cron* in five fields, *timezone* an IANA name."""

    name: str
    job: str
    cron: str
    timezone: str = "UTC"
    enabled: bool = True
    description: str | None = None


class Orchestration(Value):
    """The part of the contract that the orchestrator turns into jobs and schedules."""

    dbt: DbtOrchestration | None = None
    jobs: tuple[JobDefinition, ...] = ()
    schedules: tuple[ScheduleDefinition, ...] = ()
    sensors: Mapping[str, Any] = Field(default_factory=dict)


class Transform(Value):
    """One dbt project to run: *path* as written, relative to the project root."""

    path: str
    target: str | None = None


class Pipeline(Value):
    """What a contract document says, resolved from its dialect; nothing behind it sees one.

    *source* is the document. *profiles* is a ready profiles.yml where the document brings one.
    Paths stand as written; the plan makes them absolute. *compute* is None when the document
    names none, which is an error only where a target is needed.
    """

    name: str
    dialect: Dialect
    source: Path
    version: str = "1.0.0"
    compiled_at: UtcDatetime | None = None
    source_hash: str | None = None
    compute: Compute | None = None
    transforms: tuple[Transform, ...] = ()
    governance: Governance = Field(default_factory=Governance)
    observability: Observability = Field(default_factory=Observability)
    orchestration: Orchestration | None = None
    environment: EnvironmentContext | None = None
    profiles: Mapping[str, JsonValue] | None = None
    manifest_path: str | None = None
    project_path: str | None = None
    profiles_path: str = ".floe/profiles"
    lineage_namespace: str | None = None
    warnings: tuple[str, ...] = ()
