"""floe.yaml: the pipeline as a person writes it.

In the older form ``compute`` is the target itself. In the two-tier form it names a profile of a
``platform.yaml``, which another team keeps.
"""

from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from floe.adapters.artifacts import sections
from floe.adapters.artifacts.observability import Observability
from floe.adapters.artifacts.orchestration import orchestration
from floe.adapters.artifacts.platform_yaml import Platform
from floe.adapters.artifacts.section import Section, Unread, read_section
from floe.domain.model import pipeline
from floe.domain.model.pipeline import Pipeline

_PROFILE_NAME = r"^[a-zA-Z][a-zA-Z0-9_-]*$"
_PIPELINE_NAME = r"^[a-zA-Z][a-zA-Z0-9_-]{0,99}$"
ProfileName = Annotated[str, Field(pattern=_PROFILE_NAME)]


def _object_or_name(value: object) -> str:
    return "object" if isinstance(value, dict) else "name"


_Compute = Annotated[
    Annotated[sections.ComputeConfig, Tag("object")] | Annotated[ProfileName, Tag("name")],
    Discriminator(_object_or_name),
]
_Catalog = Annotated[
    Annotated[Unread, Tag("object")] | Annotated[ProfileName, Tag("name")],
    Discriminator(lambda value: "name" if isinstance(value, str) else "object"),
]


class _FloeYaml(Section):
    name: Annotated[str, Field(pattern=_PIPELINE_NAME)]
    version: str
    storage: ProfileName = "default"
    catalog: _Catalog = "default"
    compute: _Compute = "default"
    transforms: list[sections.Transform] = Field(default_factory=list)
    consumption: Unread = None
    governance: sections.Governance = Field(default_factory=sections.Governance)
    observability: Observability = Field(default_factory=Observability)
    orchestration: sections.Orchestration | None = None
    service_account: ProfileName | None = None
    principal_role: ProfileName | None = None


def read_floe_yaml(
    document: Mapping[str, Any],
    path: Path,
    targets: Collection[str],
    *,
    text: str,
    platform: Platform | None,
) -> Pipeline:
    """Return the pipeline of *document*, the content *text* of *path*.

    Endpoints that floe.yaml leaves open are those of *platform*.

    Raises:
        ArtifactError: It breaks the rules of floe.yaml, or names a profile that *platform* does
            not have.
    """
    read = read_section(_FloeYaml, document, path, targets)
    warnings: list[str] = []
    compute = _effective_compute(read, path, platform, warnings)
    orchestrated = orchestration(read.orchestration, warnings)
    return Pipeline(
        name=read.name,
        dialect=pipeline.Dialect.FLOE_YAML,
        source=path,
        version=read.version,
        source_hash=sha256(text.encode()).hexdigest(),
        compute=compute,
        transforms=tuple(transform.to_domain() for transform in read.transforms),
        governance=sections.governance(read.governance, None),
        observability=_observability(read.observability.to_domain(), platform),
        orchestration=orchestrated,
        warnings=tuple(warnings),
    )


def _effective_compute(
    read: _FloeYaml, path: Path, platform: Platform | None, warnings: list[str]
) -> pipeline.Compute | None:
    if isinstance(read.compute, sections.ComputeConfig):
        return read.compute.to_domain()
    if platform is None:
        warnings.append(
            "$.compute names a profile, but there is no platform.yaml beside floe.yaml, "
            "in .floe or in platform: no compute target is known"
        )
        return None
    return platform.compute_profile(read.compute, path)


def _observability(
    section: pipeline.Observability, platform: Platform | None
) -> pipeline.Observability:
    defaults = platform.observability if platform else None
    if defaults is None:
        return section
    return section.model_copy(
        update={
            "otlp_endpoint": section.otlp_endpoint or defaults.otlp_endpoint,
            "lineage_endpoint": section.lineage_endpoint or defaults.lineage_endpoint,
            "attributes": {**defaults.attributes, **section.attributes},
            "sampling": section.sampling or defaults.sampling,
        }
    )
