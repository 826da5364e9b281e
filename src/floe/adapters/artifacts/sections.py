"""The sections of a contract that floe reads, as floe-core's own models define them (1.1.0)."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from floe.adapters.artifacts.section import SECRET_NAME, Section, Target, Unread, one_of
from floe.domain.model import pipeline
from floe.domain.model.governance import ColumnClassification

SecretName = Annotated[str, Field(pattern=SECRET_NAME)]
NonEmpty = Annotated[str, Field(min_length=1)]
Level = Annotated[str, one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")]


class SecretReference(Section):
    """The name of a secret, in the place of the secret."""

    secret_ref: SecretName

    @model_validator(mode="before")
    @classmethod
    def _is_no_secret(cls, value: object) -> object:
        if isinstance(value, dict):
            return value
        raise PydanticCustomError("reference", "must be a reference to a secret")


def _reference_or_text(value: object) -> str:
    return "reference" if isinstance(value, dict) else "text"


TextOrReference = Annotated[
    Annotated[str, Tag("text")] | Annotated[SecretReference, Tag("reference")],
    Discriminator(_reference_or_text),
]


class Credentials(Section):
    """How to sign in; which fields are needed depends on the mode."""

    mode: Annotated[str, one_of("static", "oauth2", "iam_role", "service_account")] = "static"
    client_id: TextOrReference | None = None
    client_secret: SecretReference | None = None
    scope: str | None = None
    role_arn: Annotated[str, Field(pattern=r"^arn:aws:iam::\d{12}:role/[\w+=,.@-]+$")] | None = None
    secret_ref: SecretName | None = None

    @model_validator(mode="after")
    def _mode_has_what_it_needs(self) -> Self:
        needs = {"oauth2": ("client_id", "client_secret"), "iam_role": ("role_arn",)}
        missing = [name for name in needs.get(self.mode, ()) if not getattr(self, name)]
        if missing:
            names = " and ".join(missing)
            text = "mode {mode} needs {names}"
            raise PydanticCustomError("needs", text, {"mode": self.mode, "names": names})
        return self

    def to_domain(self) -> pipeline.Credentials:
        """Return the credentials as the domain has them."""
        client_id = self.client_id
        return pipeline.Credentials(
            mode=pipeline.CredentialMode(self.mode),
            secret_ref=self.secret_ref,
            client_id=client_id if isinstance(client_id, str) else None,
            client_id_ref=client_id.secret_ref if isinstance(client_id, SecretReference) else None,
            client_secret_ref=self.client_secret.secret_ref if self.client_secret else None,
            scope=self.scope,
            role_arn=self.role_arn,
        )


class ComputeConfig(Section):
    """The compute target where it stands in the document itself."""

    target: Target
    connection_secret_ref: SecretName | None = None
    properties: dict[str, Any] = Field(default_factory=dict)

    def to_domain(self) -> pipeline.Compute:
        """Return the target as the domain has it."""
        credentials = pipeline.Credentials(secret_ref=self.connection_secret_ref)
        return pipeline.Compute(
            target=self.target, properties=self.properties, credentials=credentials
        )


class ComputeProfile(Section):
    """The compute target where it was resolved from a platform."""

    type: Target = "duckdb"
    properties: dict[str, Any] = Field(default_factory=dict)
    credentials: Credentials = Field(default_factory=Credentials)

    def to_domain(self, source: str) -> pipeline.Compute:
        """Return the target as the domain has it; *source* names where it stood."""
        return pipeline.Compute(
            target=self.type,
            properties=self.properties,
            credentials=self.credentials.to_domain(),
            source=source,
        )


class Transform(Section):
    """A step of the pipeline: there are only dbt projects."""

    type: Annotated[str, one_of("dbt")]
    path: str
    target: str | None = None

    def to_domain(self) -> pipeline.Transform:
        """Return the step as the domain has it."""
        return pipeline.Transform(path=self.path, target=self.target)


class Governance(Section):
    """What is known of the data, and what must be done about it."""

    classification_source: Annotated[str, one_of("dbt_meta", "external")] = "dbt_meta"
    policies: dict[str, Any] = Field(default_factory=dict)
    emit_lineage: bool = True


class Classification(Section):
    """What one column holds."""

    classification: str
    pii_type: str | None = None
    sensitivity: Annotated[str, one_of("low", "medium", "high")] = "medium"

    def to_domain(self, column: str) -> ColumnClassification:
        """Return the classification of *column* as the domain has it."""
        return ColumnClassification(
            column_name=column,
            classification=self.classification,
            pii_type=self.pii_type,
            sensitivity=self.sensitivity,
        )


Classifications = dict[str, dict[str, Classification]]
"""Model name → column name → classification."""


def governance(section: Governance, found: Classifications | None) -> pipeline.Governance:
    """Return *section* and the classifications as the domain has them."""
    return pipeline.Governance(
        classification_source=pipeline.ClassificationSource(section.classification_source),
        policies=section.policies,
        emit_lineage=section.emit_lineage,
        classifications={
            model: tuple(item.to_domain(column) for column, item in columns.items())
            for model, columns in (found or {}).items()
        },
    )


class EnvironmentContext(Section):
    """Whose pipeline it is."""

    tenant_id: UUID
    tenant_slug: NonEmpty
    project_id: UUID
    project_slug: NonEmpty
    environment_id: UUID
    environment_type: Annotated[str, one_of("development", "preview", "staging", "production")]
    governance_category: Annotated[str, one_of("production", "non_production")]

    def to_domain(self) -> pipeline.EnvironmentContext:
        """Return the context as the domain has it, ids in their canonical form."""
        return pipeline.EnvironmentContext(**self.model_dump(mode="json"))


class DbtConfig(Section):
    """Where the orchestrator finds the dbt project."""

    manifest_path: str
    observability_level: Annotated[str, one_of("per_model", "job_level")] = "per_model"
    project_dir: str | None = None
    profiles_dir: str | None = None
    target: Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_]*$")] | None = None

    def to_domain(self) -> pipeline.DbtOrchestration:
        """Return the places as the domain has them."""
        return pipeline.DbtOrchestration(**self.model_dump(exclude={"observability_level"}))


class Orchestration(Section):
    """What the orchestrator makes of the pipeline; only ``dbt`` is held to the contract."""

    asset_modules: list[Any] | None = None
    dbt: DbtConfig | None = None
    partitions: Unread = None
    assets: Unread = None
    jobs: Unread = None
    schedules: Unread = None
    sensors: Unread = None
    backfills: Unread = None
