"""CompiledArtifacts of floe-core: ten shapes under the labels 1.0.0 and 1.1.0, read as one.

Which shape a document has is not asked: each field is read where it stands. The effective target
is ``resolved_profiles.compute`` where there is one, else ``compute``.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from floe.adapters.artifacts import sections
from floe.adapters.artifacts.document_file import refused
from floe.adapters.artifacts.observability import Observability
from floe.adapters.artifacts.orchestration import orchestration
from floe.adapters.artifacts.section import (
    Section,
    Unread,
    read_section,
    without_unknown_keys,
)
from floe.domain.model import pipeline
from floe.domain.model.pipeline import Pipeline

NEWEST = (1, 1)
"""The newest contract version whose every field floe knows."""
NAME_ATTRIBUTE = "floe.pipeline.name"
"""Where ``floe compile`` writes the name of the pipeline: the contract has no field for it."""
_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")
_IGNORED = ("$schema", "$comment")


class _Metadata(Section):
    compiled_at: datetime
    floe_core_version: sections.NonEmpty
    source_hash: sections.NonEmpty


class _ResolvedProfiles(Section):
    storage: Unread = None
    catalog: Unread = None
    compute: sections.ComputeProfile
    platform_env: str = "local"


class _CompiledArtifacts(Section):
    version: str = "1.0.0"
    metadata: _Metadata
    transforms: list[sections.Transform]
    compute: sections.ComputeConfig | None = None
    consumption: Unread = None
    governance: sections.Governance = Field(default_factory=sections.Governance)
    observability: Observability = Field(default_factory=Observability)
    catalog: Unread = None
    resolved_profiles: _ResolvedProfiles | None = None
    orchestration: sections.Orchestration | None = None
    resolved_layers: Unread = None
    dbt_manifest_path: str | None = None
    dbt_project_path: str | None = None
    dbt_profiles_path: str = ".floe/profiles"
    lineage_namespace: str | None = None
    environment_context: sections.EnvironmentContext | None = None
    column_classifications: sections.Classifications | None = None

    @model_validator(mode="after")
    def _targets_agree(self) -> Self:
        if self.compute is None or self.resolved_profiles is None:
            return self
        direct, resolved = self.compute.target, self.resolved_profiles.compute.type
        if direct != resolved:
            text = (
                "names two compute targets: compute.target is {direct}, "
                "resolved_profiles.compute.type is {resolved}"
            )
            raise PydanticCustomError("differs", text, {"direct": direct, "resolved": resolved})
        return self

    @property
    def effective_compute(self) -> pipeline.Compute | None:
        """The target that counts."""
        if self.resolved_profiles is not None:
            return self.resolved_profiles.compute.to_domain("resolved_profiles.compute")
        return self.compute.to_domain() if self.compute is not None else None


def read_compiled_artifacts(
    document: Mapping[str, Any], path: Path, targets: Collection[str]
) -> Pipeline:
    """Return the pipeline of *document*, the content of *path*.

    Raises:
        ArtifactError: It breaks the contract, or is of an unsupported version.
    """
    warnings = _version_warnings(document.get("version", "1.0.0"), path)
    known = {key: value for key, value in document.items() if key not in _IGNORED}
    if warnings:
        known, unknown = without_unknown_keys(_CompiledArtifacts, known, targets)
        warnings += [f"{place} is ignored: this floe does not know it" for place in unknown]
    read = read_section(_CompiledArtifacts, known, path, targets)
    orchestrated = orchestration(read.orchestration, warnings)
    environment = read.environment_context
    return Pipeline(
        name=_name(read, path),
        dialect=pipeline.Dialect.COMPILED_ARTIFACTS,
        source=path,
        version=read.version,
        compiled_at=in_utc(read.metadata.compiled_at),
        source_hash=read.metadata.source_hash,
        compute=read.effective_compute,
        transforms=tuple(transform.to_domain() for transform in read.transforms),
        governance=sections.governance(read.governance, read.column_classifications),
        observability=read.observability.to_domain(),
        orchestration=orchestrated,
        environment=environment.to_domain() if environment else None,
        manifest_path=read.dbt_manifest_path,
        project_path=read.dbt_project_path,
        profiles_path=read.dbt_profiles_path,
        lineage_namespace=read.lineage_namespace,
        warnings=tuple(warnings),
    )


def is_in_memory_dictionary(document: Mapping[str, Any]) -> bool:
    """Return whether *document* is what floe-dagster builds in memory under the label 2.0.0."""
    marks = {"resolved_catalog", "resolved_storage", "resolved_compute"}
    label = document.get("version")
    second = isinstance(label, str) and label.startswith("2.")
    return "metadata" not in document and (second or bool(marks & document.keys()))


def in_utc(at: datetime | None) -> datetime | None:
    """Return *at* in UTC; a time without an offset is taken for UTC, an impossible one is None."""
    if at is None:
        return None
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return None


def folder_name(path: Path) -> str:
    """Return the name of the folder that the document at *path* belongs to."""
    folder = path.absolute().parent
    return (folder.parent if folder.name == ".floe" else folder).name or "floe"


def _name(read: _CompiledArtifacts, path: Path) -> str:
    attributes, context = read.observability.attributes, read.environment_context
    candidates = (
        attributes.get(NAME_ATTRIBUTE),
        attributes.get("service.name"),
        context.project_slug if context else None,
    )
    named = (name for name in candidates if name and name.isprintable() and "${" not in name)
    return next(named, None) or folder_name(path)


def _version_warnings(version: object, path: Path) -> list[str]:
    if not isinstance(version, str):
        raise refused(path, "must be a string", 'write it as in "1.1.0"', "$.version")
    match = _VERSION.fullmatch(version)
    supported = f"{NEWEST[0]}.0.0 to {NEWEST[0]}.{NEWEST[1]}.x"
    fix = "compile the pipeline again with a floe of the same major version, or upgrade floe"
    if match is None or int(match[1]) != NEWEST[0]:
        found = version if match else "no version number such as 1.1.0"
        what = f"unsupported contract version: found {found}, supported are {supported}"
        raise refused(path, what, fix, "$.version")
    if int(match[2]) > NEWEST[1]:
        newest = ".".join(map(str, NEWEST))
        warning = (
            f"contract version {version} is newer than {newest}, the newest that this floe knows: "
            "what it does not know it ignores; upgrade floe"
        )
        return [warning]
    return []
