"""Compile the floe.yaml that a person wrote into the contract that machines read."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from floe.domain.model.errors import ArtifactError, Problem
from floe.domain.model.literal_credentials import literal_credentials
from floe.domain.model.pipeline import Dialect, Pipeline
from floe.ports.artifact_writer import ArtifactWriter

ARTIFACT = Path(".floe/compiled_artifacts.json")
"""Where the compiled document stands, relative to the folder of floe.yaml."""


def compile_pipeline(
    pipeline: Pipeline, *, writer: ArtifactWriter, now: datetime, output: Path | None = None
) -> Path:
    """Write the contract document of *pipeline*, read from a floe.yaml, and return its path.

    It goes to *output*, or to ``.floe/compiled_artifacts.json`` beside floe.yaml. *now* is written
    into it as the time of compilation.

    Raises:
        ArtifactError: The pipeline was not read from a floe.yaml, has no compute target, or holds
            a credential in plain text; or the document could not be written.
    """
    problems = tuple(_problems(pipeline))
    if problems:
        raise ArtifactError(*problems)
    compiled = pipeline.model_copy(update={"compiled_at": now})
    return writer.write(compiled, output or pipeline.source.parent / ARTIFACT)


def _problems(pipeline: Pipeline) -> Iterator[Problem]:
    source = pipeline.source
    if pipeline.dialect is not Dialect.FLOE_YAML:
        fix = "name the floe.yaml that it was made from"
        yield Problem("is compiled already", str(source), fix)
        return
    if pipeline.compute is None:
        fix = "add a compute section with a target, or a platform.yaml beside it"
        yield Problem("no compute target", f"{source}: $.compute", fix)
    fix = "name the secret in connection_secret_ref, or use an environment variable"
    for found in literal_credentials(_written(pipeline)):
        yield Problem(found.reason, f"{source}: $.{found.path}", fix)


def _written(pipeline: Pipeline) -> dict[str, object]:
    observability = pipeline.observability
    return {
        "compute": {"properties": pipeline.compute.properties if pipeline.compute else {}},
        "observability": {
            "otlp_endpoint": observability.otlp_endpoint,
            "lineage_endpoint": observability.lineage_endpoint,
            "attributes": observability.attributes,
        },
        "governance": {"policies": pipeline.governance.policies},
    }
