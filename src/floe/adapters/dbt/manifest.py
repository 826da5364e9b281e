"""dbt's ``manifest.json`` (schema v12), read lazily: a node becomes a value when asked for."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from floe.domain.model.errors import ArtifactError, Problem
from floe.domain.model.manifest import DbtNode, ProjectGraph, named_owner

_SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"
_COLLECTIONS = ("nodes", "sources", "unit_tests")
_CONSUMERS = ("exposures", "metrics", "semantic_models", "saved_queries")
_UNREAD = ("macros", "docs", "disabled")
_MAX_BYTES = 2 * 1024**3
_WRITE_AGAIN = "run `dbt parse` in the project to write it again"


class _Stamp(NamedTuple):
    """What tells one version of a file from another without reading it."""

    modified_ns: int
    size: int
    inode: int


class _Kept(NamedTuple):
    """One version of a manifest: the nodes of the graph are made of those of the document."""

    stamp: _Stamp
    document: Mapping[str, Any]
    graph: ProjectGraph


class JsonManifestReader:
    """Read manifests from disk and keep the last one of each path while its file is unchanged."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._known: dict[Path, _Kept] = {}

    def read(self, path: Path) -> ProjectGraph:
        """Return the graph at *path*; disabled nodes are not part of it."""
        return self._current(path).graph

    def document(self, path: Path) -> Mapping[str, Any]:
        """Return what the graph at *path* is made of, for tools that read dbt's own form.

        Macros, doc blocks and disabled nodes are not part of it.

        Raises:
            ArtifactError: There is no manifest that floe knows.
        """
        return self._current(path).document

    def _current(self, path: Path) -> _Kept:
        stamp = self._stamp(path)
        known = self._known.get(path)
        if known is None or known.stamp != stamp:
            document = _document(path)
            known = self._known[path] = _Kept(stamp, document, _graph(document, path))
        return known

    def _stamp(self, path: Path) -> _Stamp:
        try:
            found = path.stat()
        except OSError as error:
            raise ArtifactError(
                Problem(
                    "there is no manifest here",
                    str(path),
                    "run `dbt parse` in the project to write it",
                )
            ) from error
        if found.st_size > self._max_bytes:
            raise ArtifactError(
                Problem(
                    f"the manifest has {found.st_size} bytes, more than the {self._max_bytes} "
                    "that are read",
                    str(path),
                )
            )
        return _Stamp(found.st_mtime_ns, found.st_size, found.st_ino)


class _LazyNodes(Mapping[str, DbtNode]):
    """unique id → node, built on first access and then kept."""

    def __init__(self, raw: dict[str, Mapping[str, Any]], owners: Mapping[str, str]) -> None:
        self._raw = raw
        self._owners = owners
        self._built: dict[str, DbtNode] = {}

    def __getitem__(self, unique_id: str) -> DbtNode:
        built = self._built.get(unique_id)
        if built is None:
            built = self._built[unique_id] = self._build(self._raw[unique_id], unique_id)
        return built

    def __contains__(self, unique_id: object) -> bool:
        return unique_id in self._raw

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)

    def __repr__(self) -> str:
        return f"<{len(self._raw)} nodes>"

    def _build(self, raw: Mapping[str, Any], unique_id: str) -> DbtNode:
        try:
            node = DbtNode.from_manifest_node(raw)
        except (ValidationError, TypeError, ValueError, AttributeError, KeyError) as error:
            raise ArtifactError(
                Problem("the node is not as schema v12 has it", unique_id, _WRITE_AGAIN)
            ) from error
        owner = self._owners.get(node.group or "")
        if node.owner is None and owner is not None:
            return node.model_copy(update={"owner": owner})
        return node


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise ArtifactError(
            Problem(f"the manifest cannot be read: {error.strerror}", str(path))
        ) from error
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            Problem(f"the manifest is not JSON: {error}", str(path), _WRITE_AGAIN)
        ) from error
    if not isinstance(document, dict):
        raise ArtifactError(Problem("the manifest is not an object", str(path), _WRITE_AGAIN))
    for member in _UNREAD:
        document.pop(member, None)
    return document


def _graph(document: dict[str, Any], path: Path) -> ProjectGraph:
    metadata = _object(document, "metadata", path)
    _check_schema(metadata, path)
    owners = _group_owners(_object(document, "groups", path))
    raw, consumers = (
        {
            unique_id: entry
            for member in members
            for unique_id, entry in _entries(document, member, path).items()
        }
        for members in (_COLLECTIONS, _CONSUMERS)
    )
    try:
        return ProjectGraph(
            project_name=metadata.get("project_name") or "",
            adapter_type=metadata.get("adapter_type") or "",
            dbt_version=metadata.get("dbt_version") or "",
            nodes=_LazyNodes(raw, owners),
            consumers=_LazyNodes(consumers, owners),
            exposures=_entries(document, "exposures", path),
        )
    except ValidationError as error:
        raise ArtifactError(
            Problem("the manifest's metadata is not as schema v12 has it", str(path), _WRITE_AGAIN)
        ) from error


def _check_schema(metadata: Mapping[str, Any], path: Path) -> None:
    version = metadata.get("dbt_schema_version")
    if version != _SCHEMA:
        shown = str(version)[:200] if version else "nothing"
        raise ArtifactError(
            Problem(
                f"the manifest says it has schema {shown}; floe reads v12 (dbt 1.8 and later)",
                str(path),
                "run `dbt parse` with a dbt of version 1.10 or 1.11",
            )
        )


def _object(document: Mapping[str, Any], member: str, path: Path) -> dict[str, Any]:
    value = document.get(member)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ArtifactError(Problem("is not an object", f"{path}: {member}", _WRITE_AGAIN))
    return value


def _entries(document: dict[str, Any], member: str, path: Path) -> dict[str, Mapping[str, Any]]:
    collection = _object(document, member, path)
    for unique_id, entry in collection.items():
        if not isinstance(entry, dict):
            where = f"{path}: {member}.{unique_id[:200]}"
            raise ArtifactError(Problem("is not an object", where, _WRITE_AGAIN))
    return collection


def _group_owners(groups: Mapping[str, Any]) -> dict[str, str]:
    """Return group name → owner: the name, else the first address."""
    return {
        str(group.get("name")): owner
        for group in groups.values()
        if isinstance(group, dict) and (owner := named_owner(group.get("owner")))
    }
