"""CompiledArtifacts of floe's successor, 0.1.0 to 0.10.0: about ten fields of it, the rest ignored.

Its label moves quickly and every document so far loads in the newest version, so unknown keys are
no reason to refuse one. Credentials of its telemetry are masked when it writes the document: they
are never read here.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from floe.adapters.artifacts.compiled_artifacts import folder_name, in_utc
from floe.adapters.artifacts.document_file import refused
from floe.adapters.artifacts.section import OpenSection, Target, Unread, one_of, read_section
from floe.adapters.artifacts.sections import Level, NonEmpty
from floe.domain.model import pipeline
from floe.domain.model.pipeline import Pipeline

_NEWEST_MINOR = 10
_VERSION = re.compile(r"0\.([0-9]{1,4})\.[0-9]{1,4}")
_PROTOCOLS = {"grpc": "grpc", "http": "http/protobuf"}
_RESOURCE_ATTRIBUTES = {
    "service_name": "service.name",
    "service_version": "service.version",
    "deployment_environment": "deployment.environment.name",
    "floe_namespace": "floe.namespace",
    "floe_product_name": "floe.product.name",
    "floe_product_version": "floe.product.version",
    "floe_mode": "floe.mode",
}


class _Metadata(OpenSection):
    compiled_at: datetime | None = None
    source_hash: str | None = None
    product_name: NonEmpty | None = None


class _Identity(OpenSection):
    product_id: str | None = None


class _Logging(OpenSection):
    log_level: Level = "INFO"


class _Telemetry(OpenSection):
    enabled: bool = True
    otlp_endpoint: str | None = None
    otlp_protocol: Annotated[str, one_of(*_PROTOCOLS)] = "grpc"
    sampling: dict[str, Annotated[float, Field(ge=0, le=1)]] | None = None
    resource_attributes: dict[str, Any] | None = None
    logging: _Logging | None = None


class _Observability(OpenSection):
    telemetry: _Telemetry | None = None
    lineage: bool = True
    lineage_namespace: str | None = None
    lineage_endpoint: str | None = None
    lineage_transport: Annotated[str, one_of("http", "console", "noop")] | None = None


class _Compute(OpenSection):
    type: Target
    config: dict[str, Any] | None = None


class _LineageConfig(OpenSection):
    url: str | None = None


class _LineageBackend(OpenSection):
    config: _LineageConfig | None = None


class _Plugins(OpenSection):
    compute: _Compute | None = None
    lineage_backend: _LineageBackend | None = None


class _Transforms(OpenSection):
    default_compute: Target | None = None


class _Output(OpenSection):
    type: Target


class _Profile(OpenSection):
    target: str | None = None
    outputs: dict[str, _Output]


class _Artifacts(OpenSection):
    version: str = "0.1.0"
    metadata: _Metadata
    identity: _Identity
    observability: _Observability
    plugins: _Plugins | None = None
    transforms: _Transforms | None = None
    dbt_profiles: dict[str, _Profile] | None = None
    governance: Unread = None

    @property
    def profile(self) -> _Profile | None:
        """The profile that the document brings, where it brings one."""
        return next(iter((self.dbt_profiles or {}).values()), None)

    @property
    def target_name(self) -> str | None:
        """The output of that profile that dbt is to use."""
        if self.profile is None:
            return None
        return self.profile.target or next(iter(self.profile.outputs), None)


def is_successor(document: Mapping[str, Any]) -> bool:
    """Return whether *document* is of the successor, by its structure."""
    metadata = document.get("metadata")
    keys = metadata.keys() if isinstance(metadata, dict) else ()
    if "floe_core_version" in keys:
        return False
    return "identity" in document or "floe_version" in keys or "product_name" in keys


def read_successor(document: Mapping[str, Any], path: Path, targets: Collection[str]) -> Pipeline:
    """Return the pipeline of *document*, the content of *path*.

    Raises:
        ArtifactError: A field that floe reads is wrong, or the version is not supported.
    """
    warnings = _version_warnings(document.get("version", "0.1.0"), path)
    read = read_section(_Artifacts, document, path, targets)
    profiles = document.get("dbt_profiles")
    return Pipeline(
        name=read.metadata.product_name or read.identity.product_id or folder_name(path),
        dialect=pipeline.Dialect.SUCCESSOR,
        source=path,
        version=read.version,
        compiled_at=in_utc(read.metadata.compiled_at),
        source_hash=read.metadata.source_hash,
        compute=_compute(read, profiles),
        transforms=(pipeline.Transform(path=".", target=read.target_name),),
        governance=pipeline.Governance(policies=read.governance or {}),
        observability=_observability(read),
        profiles=profiles or None,
        lineage_namespace=read.observability.lineage_namespace or None,
        warnings=warnings,
    )


def _compute(read: _Artifacts, profiles: Mapping[str, Any] | None) -> pipeline.Compute | None:
    plugin = read.plugins.compute if read.plugins else None
    if plugin is not None:
        source = "plugins.compute"
        return pipeline.Compute(target=plugin.type, properties=plugin.config or {}, source=source)
    if read.transforms is not None and read.transforms.default_compute is not None:
        source = "transforms.default_compute"
        return pipeline.Compute(target=read.transforms.default_compute, source=source)
    output = read.profile.outputs.get(read.target_name or "") if read.profile else None
    if output is None or not profiles:
        return None
    return pipeline.Compute(target=output.type, source="dbt_profiles")


def _observability(read: _Artifacts) -> pipeline.Observability:
    section = read.observability
    telemetry = section.telemetry or _Telemetry(enabled=False)
    resource = telemetry.resource_attributes or {}
    return pipeline.Observability(
        traces=telemetry.enabled,
        metrics=telemetry.enabled,
        lineage=section.lineage,
        otlp_endpoint=telemetry.otlp_endpoint or None,
        otlp_protocol=_PROTOCOLS[telemetry.otlp_protocol],
        lineage_endpoint=section.lineage_endpoint or _backend_url(read.plugins),
        lineage_transport=section.lineage_transport,
        attributes=_attributes(resource),
        sampling=_sampling(telemetry.sampling, resource.get("deployment_environment")),
        log_level=telemetry.logging.log_level if telemetry.logging else "INFO",
    )


def _backend_url(plugins: _Plugins | None) -> str | None:
    backend = plugins.lineage_backend if plugins else None
    return (backend.config.url or None) if backend and backend.config else None


def _attributes(resource: Mapping[str, Any]) -> dict[str, str]:
    return {
        _RESOURCE_ATTRIBUTES.get(name, name): str(value)
        for name, value in resource.items()
        if isinstance(value, str | int | float)
    }


def _sampling(ratios: Mapping[str, float] | None, environment: object) -> pipeline.Sampling | None:
    ratio = (ratios or {}).get(str(environment))
    if ratio is None:
        return None
    return pipeline.Sampling(type=pipeline.SamplingType.PROBABILISTIC, probability=ratio)


def _version_warnings(version: object, path: Path) -> tuple[str, ...]:
    if not isinstance(version, str):
        raise refused(path, "must be a string", 'write it as in "0.10.0"', "$.version")
    match = _VERSION.fullmatch(version)
    if match is None:
        what = (
            "unsupported contract version: this is a document of floe's successor, of which "
            f"0.1.0 to 0.{_NEWEST_MINOR}.x are supported"
        )
        raise refused(path, what, "upgrade floe, or compile for a supported version", "$.version")
    if int(match[1]) > _NEWEST_MINOR:
        newest = f"0.{_NEWEST_MINOR}"
        return (f"contract version {version} is newer than {newest}, the newest that floe knows",)
    return ()
