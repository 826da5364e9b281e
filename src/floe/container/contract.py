"""Contract documents, and what stands beside them: asked for before there is a container."""

from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from floe.domain.model.pipeline import TARGETS, Pipeline
from floe.ports.artifact_reader import ArtifactReader
from floe.ports.artifact_writer import ArtifactWriter


def document_reader(environ: Mapping[str, str]) -> ArtifactReader:
    """Return the reader of contract documents; targets of installed packages are known to it.

    ``FLOE_PLATFORM_FILE`` and ``FLOE_PLATFORM_ENV`` say which platform a floe.yaml is for.
    """
    from floe.adapters.artifacts.reader import DocumentReader

    platform = environ.get("FLOE_PLATFORM_FILE")
    return DocumentReader(
        targets=(*TARGETS, *entry_points(group="floe.profiles").names),
        platform_file=Path(platform) if platform else None,
        platform_env=environ.get("FLOE_PLATFORM_ENV"),
    )


def document_writer() -> ArtifactWriter:
    """Return the writer of compiled contract documents."""
    from floe.adapters.artifacts.compiler import DocumentWriter

    return DocumentWriter()


def discover(start: Path, *, source_only: bool = False) -> Path:
    """Return the contract document found upward from *start*; only a floe.yaml if asked."""
    from floe.adapters.artifacts.discovery import CANDIDATES, SOURCE, discover

    return discover(start, candidates=(SOURCE,) if source_only else CANDIDATES)


def changed_source(pipeline: Pipeline) -> Path | None:
    """Return the floe.yaml that *pipeline* was compiled from, if it changed since."""
    from floe.adapters.artifacts.discovery import changed_source

    return changed_source(pipeline)


def project_settings(root: Path) -> Mapping[str, Any]:
    """Return what the project's own settings file says."""
    from floe.adapters.settings_file import FILE_NAME, read_settings

    return read_settings(root / FILE_NAME)


def client_settings(environ: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what the configuration of openlineage-python in *environ* says, if there is any."""
    from floe.adapters.openlineage_config import client_settings

    return client_settings(environ)


def scaffold(directory: Path) -> tuple[Path, ...]:
    """Lay the demo project down in *directory* and return the files that were written."""
    from floe.adapters import demo

    return demo.scaffold(directory)
