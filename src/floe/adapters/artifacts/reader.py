"""The reader of contract documents: it finds out the dialect and hands the document on."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from floe.adapters.artifacts.compiled_artifacts import (
    is_in_memory_dictionary,
    read_compiled_artifacts,
)
from floe.adapters.artifacts.document_file import read_text, refused
from floe.adapters.artifacts.floe_yaml import read_floe_yaml
from floe.adapters.artifacts.json_text import parse_json
from floe.adapters.artifacts.platform_yaml import Platform, find_platform_file
from floe.adapters.artifacts.successor import is_successor, read_successor
from floe.adapters.artifacts.yaml_text import LARGEST, parse_yaml
from floe.domain.model.pipeline import TARGETS, Pipeline


class DocumentReader:
    """Reads CompiledArtifacts of floe-core and of its successor, and floe.yaml.

    The structure of a document decides what it is. *targets* are the compute targets that a
    document may name. *platform_file* is the platform.yaml of a two-tier floe.yaml; without it one
    is looked for beside floe.yaml, for the environment *platform_env*.
    """

    def __init__(
        self,
        targets: Collection[str] = TARGETS,
        *,
        platform_file: Path | None = None,
        platform_env: str | None = None,
    ) -> None:
        self._targets = tuple(dict.fromkeys(targets))
        self._platform_file = platform_file
        self._platform_env = platform_env

    def read(self, path: Path) -> Pipeline:
        """Return what the document at *path* says; see ``ArtifactReader``."""
        if path.suffix.lower() not in {".yaml", ".yml"}:
            return self._compiled(parse_json(read_text(path), path), path)
        text = read_text(path, LARGEST)
        document = parse_yaml(text, path)
        if "metadata" in document or "identity" in document:
            return self._compiled(document, path)
        return read_floe_yaml(
            document, path, self._targets, text=text, platform=self._platform(document, path)
        )

    def _compiled(self, document: Mapping[str, Any], path: Path) -> Pipeline:
        if is_in_memory_dictionary(document):
            what = (
                "is not a CompiledArtifacts document but the dictionary that floe-dagster builds "
                'in memory under the label "2.0.0"'
            )
            raise refused(path, what, "compile floe.yaml with 'floe compile' and read its output")
        if is_successor(document):
            return read_successor(document, path, self._targets)
        return read_compiled_artifacts(document, path, self._targets)

    def _platform(self, document: Mapping[str, Any], path: Path) -> Platform | None:
        if isinstance(document.get("compute"), dict):
            return None
        file = self._platform_file or find_platform_file(path.parent, self._platform_env)
        return Platform(file, self._targets) if file else None
