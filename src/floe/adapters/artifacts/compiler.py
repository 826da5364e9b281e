"""The writer of CompiledArtifacts: version 1.1.0, as floe-core's own model accepts it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from floe.adapters.artifacts.compiled_artifacts import NAME_ATTRIBUTE
from floe.adapters.artifacts.document_file import refused
from floe.domain.model import pipeline
from floe.domain.model.pipeline import Pipeline
from floe.files import replace_file

CONTRACT_VERSION = "1.1.0"
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""What is written of a pipeline that was never compiled: the contract demands a time."""
_NOT_USED = "not-used"
_STORAGE = {"type": "local", "bucket": _NOT_USED}
_CATALOG = {"type": "rest", "uri": _NOT_USED, "warehouse": _NOT_USED}
"""What the contract demands beside resolved compute, and floe has no use for."""


class DocumentWriter:
    """Writes pipelines as CompiledArtifacts documents."""

    def render(self, pipeline: Pipeline) -> str:
        """Return the text of the document: equal pipelines give equal bytes."""
        return json.dumps(_document(pipeline), indent=2, ensure_ascii=False) + "\n"

    def write(self, pipeline: Pipeline, path: Path) -> Path:
        """Replace the document at *path* atomically; see ``ArtifactWriter``."""
        content = self.render(pipeline).encode()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, content, durable=True)
        except OSError as error:
            reason = error.strerror or "the path is not usable"
            fix = "free the path, or give another one"
            raise refused(path, f"cannot be written: {reason}", fix) from error
        return path


def _document(pipeline: Pipeline) -> dict[str, Any]:
    compute, resolved = _compute(pipeline.compute)
    return {
        "version": CONTRACT_VERSION,
        "metadata": _metadata(pipeline),
        "transforms": [
            {"type": "dbt", "path": item.path, "target": item.target}
            for item in pipeline.transforms
        ],
        "compute": compute,
        "consumption": {},
        "governance": {
            "classification_source": str(pipeline.governance.classification_source),
            "policies": dict(pipeline.governance.policies),
            "emit_lineage": pipeline.governance.emit_lineage,
        },
        "observability": _observability(pipeline),
        "orchestration": _orchestration(pipeline.orchestration),
        "catalog": None,
        "resolved_profiles": resolved,
        "resolved_layers": None,
        "dbt_manifest_path": pipeline.manifest_path,
        "dbt_project_path": pipeline.project_path,
        "dbt_profiles_path": pipeline.profiles_path,
        "lineage_namespace": pipeline.lineage_namespace,
        "environment_context": pipeline.environment and pipeline.environment.model_dump(),
        "column_classifications": _classifications(pipeline.governance) or None,
    }


def _metadata(pipeline: Pipeline) -> dict[str, str]:
    at = (pipeline.compiled_at or _NO_TIME).astimezone(UTC)
    return {
        "compiled_at": at.isoformat().replace("+00:00", "Z"),
        "floe_core_version": _floe_version(),
        "source_hash": pipeline.source_hash or "unknown",
    }


def _floe_version() -> str:
    try:
        return version("floe")
    except PackageNotFoundError:
        return "unknown"


def _compute(
    compute: pipeline.Compute | None,
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return *compute* as ``compute``, or as ``resolved_profiles`` where only that can hold it."""
    if compute is None:
        return None, None
    secret_ref = compute.credentials.secret_ref
    if compute.credentials == pipeline.Credentials(secret_ref=secret_ref):
        direct = {
            "target": compute.target,
            "connection_secret_ref": secret_ref,
            "properties": dict(compute.properties),
        }
        return direct, None
    profile = {
        "type": compute.target,
        "properties": dict(compute.properties),
        "credentials": _credentials(compute.credentials),
    }
    return None, {"storage": _STORAGE, "catalog": _CATALOG, "compute": profile}


def _credentials(credentials: pipeline.Credentials) -> dict[str, Any]:
    return {
        "mode": str(credentials.mode),
        "client_id": _reference(credentials.client_id_ref) or credentials.client_id,
        "client_secret": _reference(credentials.client_secret_ref),
        "scope": credentials.scope,
        "role_arn": credentials.role_arn,
        "secret_ref": credentials.secret_ref,
    }


def _reference(name: str | None) -> dict[str, str] | None:
    return {"secret_ref": name} if name else None


def _observability(pipeline: Pipeline) -> dict[str, Any]:
    said, sampling = pipeline.observability, pipeline.observability.sampling
    return {
        "traces": said.traces,
        "metrics": said.metrics,
        "lineage": said.lineage,
        "otlp_endpoint": said.otlp_endpoint,
        "lineage_endpoint": said.lineage_endpoint,
        "attributes": {**said.attributes, NAME_ATTRIBUTE: pipeline.name},
        "tracing": sampling and {"sampling": _sampling(sampling)},
        "metrics_config": None,
        "logging": {"level": said.log_level},
        "compute_logs": None,
    }


def _sampling(sampling: pipeline.Sampling) -> dict[str, Any]:
    return {
        "sampling_type": str(sampling.type),
        "probability": sampling.probability,
        "rate_limit": sampling.rate_limit,
    }


def _orchestration(said: pipeline.Orchestration | None) -> dict[str, Any] | None:
    if said is None:
        return None
    return {
        "dbt": said.dbt and said.dbt.model_dump(),
        "jobs": {job.name: _job(job) for job in said.jobs},
        "schedules": {schedule.name: _schedule(schedule) for schedule in said.schedules},
        "sensors": dict(said.sensors),
    }


def _job(job: pipeline.JobDefinition) -> dict[str, Any]:
    named: dict[str, Any] = {"type": job.type, "description": job.description}
    if job.type == "batch":
        return {**named, "selection": list(job.selection)}
    return {**named, "target_function": job.target_function, "args": dict(job.arguments)}


def _schedule(schedule: pipeline.ScheduleDefinition) -> dict[str, Any]:
    return {
        "job": schedule.job,
        "cron_schedule": schedule.cron,
        "timezone": schedule.timezone,
        "enabled": schedule.enabled,
        "description": schedule.description,
    }


def _classifications(governance: pipeline.Governance) -> Mapping[str, Mapping[str, Any]]:
    return {
        model: {item.column_name: item.model_dump(exclude={"column_name"}) for item in columns}
        for model, columns in governance.classifications.items()
    }
