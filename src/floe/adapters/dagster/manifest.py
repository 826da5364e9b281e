"""dbt's manifest as dagster-dbt takes it: a dictionary, read once for each version of the file."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from floe.adapters.dagster.collector import collector_paused
from floe.adapters.dagster.names import MAPPINGS, mapping
from floe.domain.model.errors import ArtifactError, Problem

Manifest: TypeAlias = Mapping[str, Any]
"""A manifest, schema v12, as parsed."""
Props: TypeAlias = Mapping[str, Any]
"""What a manifest says of one resource."""
ASSETS = ("model", "seed", "snapshot")
"""Resource types that become assets; ephemeral models do not."""
_COLLECTIONS = ("nodes", "sources", "exposures", "unit_tests", "metrics", "semantic_models")
_UNREAD = ("macros", "docs", "disabled")
"""Most of the file, and nothing that a definition is made of."""


def read_manifest(path: Path) -> Manifest:
    """Return the manifest at *path*; an unchanged file is not read again.

    Raises:
        ArtifactError: There is no such file, or it is not a manifest.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise ArtifactError(
            Problem(
                "there is no dbt manifest here",
                str(path),
                "run `dbt parse` (or `dbt compile`) in the project to write it",
            )
        ) from error
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, _modified_ns: int, _size: int) -> Manifest:
    with collector_paused():
        try:
            manifest = orjson.loads(path.read_bytes())
            return tidy_manifest(manifest)
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
            raise ArtifactError(
                Problem("this is not a dbt manifest", str(path), "run `dbt parse` to write it")
            ) from error


def tidy_manifest(manifest: Manifest) -> Manifest:
    """Return *manifest* without what no definition reads, and every resource made regular."""
    tidied = {name: part for name, part in manifest.items() if name not in _UNREAD}
    tidied["metadata"] = manifest["metadata"]
    for name in _COLLECTIONS:
        resources = mapping(manifest.get(name))
        tidied[name] = {unique_id: tidy(props) for unique_id, props in resources.items()}
    return tidied


def tidy(props: Props) -> Props:
    """Return *props* with empty mappings where dbt or a project wrote null; else the same."""
    changes: dict[str, Any] = {}
    for field in ("meta", "config", "columns", "depends_on"):
        if field in props and not isinstance(props[field], MAPPINGS):
            changes[field] = {}
    config = mapping(props.get("config"))
    if "meta" in config and _irregular(config["meta"]):
        changes["config"] = {**config, "meta": _tidy_meta(config["meta"])}
    if _irregular(props.get("meta", {})):
        changes["meta"] = _tidy_meta(props["meta"])
    columns = mapping(props.get("columns"))
    if any(not isinstance(column, MAPPINGS) for column in columns.values()):
        changes["columns"] = {name: mapping(column) for name, column in columns.items()}
    if "raw_code" in props and props["raw_code"] is None:
        changes["raw_code"] = ""
    return {**props, **changes} if changes else props


def _irregular(meta: object) -> bool:
    return not isinstance(meta, MAPPINGS) or not isinstance(meta.get("dagster", {}), MAPPINGS)


def _tidy_meta(meta: object) -> Props:
    regular = mapping(meta)
    return {**regular, "dagster": mapping(regular.get("dagster"))} if regular else {}


def resource(manifest: Manifest, unique_id: str) -> Props | None:
    """Return what *manifest* says of *unique_id*, or None where it has no such resource."""
    for name in _COLLECTIONS:
        found = mapping(manifest.get(name)).get(unique_id)
        if found is not None:
            return mapping(found)
    return None


def parents_first(manifest: Manifest) -> Iterator[str]:
    """Yield the nodes of *manifest*, each after what it reads.

    Raises:
        ArtifactError: They read each other in a circle.
    """
    nodes = mapping(manifest.get("nodes"))
    reads = {
        unique_id: mapping(props.get("depends_on")).get("nodes") or ()
        for unique_id, props in nodes.items()
    }
    try:
        yield from (found for found in TopologicalSorter(reads).static_order() if found in nodes)
    except CycleError as error:
        circle = " --> ".join(reversed(error.args[1]))
        raise ArtifactError(Problem(f"Found a cycle: {circle}", "the dbt project")) from error


def relations_read(manifest: Manifest, props: Props) -> list[str]:
    """Return the assets and sources that *props* reads, with ephemeral models followed through."""
    found: dict[str, None] = {}
    waiting = list(mapping(props.get("depends_on")).get("nodes") or ())
    seen: set[str] = set()
    while waiting:
        unique_id = waiting.pop(0)
        parent = resource(manifest, unique_id)
        if parent is None or unique_id in seen:
            continue
        seen.add(unique_id)
        if is_asset(parent) or parent["resource_type"] == "source":
            found[unique_id] = None
        else:
            waiting.extend(mapping(parent.get("depends_on")).get("nodes") or ())
    return list(found)


def is_asset(props: Props) -> bool:
    """Return whether the resource stands for an asset."""
    if props["resource_type"] not in ASSETS:
        return False
    return bool(mapping(props.get("config")).get("materialized") != "ephemeral")
