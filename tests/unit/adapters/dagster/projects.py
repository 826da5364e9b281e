"""Manifests for the tests: small ones by hand, large ones by rule, all as dbt writes them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Manifest = dict[str, Any]
"""A manifest, as parsed."""


def model(name: str, *parents: str, **changes: Any) -> dict[str, Any]:
    """Return a model of the project ``shop``; *parents* are unique ids."""
    return _node("model", name, parents, materialized="view", extension="sql") | changes


def seed(name: str, **changes: Any) -> dict[str, Any]:
    return _node("seed", name, (), materialized="seed", extension="csv") | changes


def check_of(
    name: str, *parents: str, attached: str | None = None, **changes: Any
) -> dict[str, Any]:
    node = _node("test", name, parents, materialized="test", extension="sql")
    if attached is not None:
        node |= {"attached_node": attached, "test_metadata": {"name": "not_null", "kwargs": {}}}
    node["config"]["severity"] = "ERROR"
    return node | changes


def source(name: str, **changes: Any) -> dict[str, Any]:
    node = _node("source", name, (), materialized=None, extension="yml")
    unique_id = f"source.shop.web.{name}"
    return node | {"unique_id": unique_id, "source_name": "web", "identifier": name} | changes


def unit_test(name: str, of: str, **changes: Any) -> dict[str, Any]:
    model_name = of.rsplit(".", maxsplit=1)[-1]
    return {
        "unique_id": f"unit_test.shop.{model_name}.{name}",
        "name": name,
        "resource_type": "unit_test",
        "package_name": "shop",
        "path": "schema.yml",
        "original_file_path": "models/schema.yml",
        "fqn": ["shop", model_name, name],
        "model": model_name,
        "given": [],
        "expect": {"rows": [], "format": "dict", "fixture": None},
        "description": "",
        "depends_on": {"macros": [], "nodes": [of]},
        "config": {"tags": [], "meta": {}, "enabled": True},
    } | changes


def manifest_of(*resources: Mapping[str, Any], **changes: Any) -> Manifest:
    """Return the manifest of a project that holds *resources*."""
    by_kind: dict[str, dict[str, Any]] = {"nodes": {}, "sources": {}, "unit_tests": {}}
    for props in resources:
        kinds = {"source": "sources", "unit_test": "unit_tests"}
        by_kind[kinds.get(props["resource_type"], "nodes")][props["unique_id"]] = dict(props)
    everything = [props for group in by_kind.values() for props in group.values()]
    children: dict[str, list[str]] = {props["unique_id"]: [] for props in everything}
    for props in everything:
        for parent in (props.get("depends_on") or {}).get("nodes") or ():
            children.setdefault(parent, []).append(props["unique_id"])
    manifest: Manifest = {
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "dbt_version": "1.11.0",
            "project_name": "shop",
            "adapter_type": "duckdb",
        },
        "macros": {},
        "docs": {},
        "exposures": {},
        "metrics": {},
        "groups": {},
        "selectors": {},
        "disabled": {},
        "saved_queries": {},
        "semantic_models": {},
        "parent_map": {
            props["unique_id"]: list((props.get("depends_on") or {}).get("nodes") or ())
            for props in everything
        },
        "child_map": children,
    }
    return manifest | by_kind | changes


def layered(size: int, *, width: int = 20, fan_in: int = 3) -> Manifest:
    """Return a project of *size* models in layers, with a test for every second model.

    A model of a layer reads *fan_in* models of the layer before, chosen by rule.
    """
    nodes: list[dict[str, Any]] = [source("visits"), seed("raw")]
    layers: list[list[str]] = [["source.shop.web.visits", "seed.shop.raw"]]
    for number in range(size):
        if number % width == 0:
            layers.append([])
        before = layers[-2]
        parents = {before[(number * 7 + step * 11) % len(before)] for step in range(fan_in)}
        node = model(f"model_{number:05}", *sorted(parents), fqn=_fqn(len(layers), number))
        layers[-1].append(node["unique_id"])
        nodes.append(node)
        if number % 2 == 0:
            name = f"not_null_model_{number:05}_id"
            nodes.append(check_of(name, node["unique_id"], attached=node["unique_id"]))
    return manifest_of(*nodes)


def write(manifest: Manifest, directory: Path) -> Path:
    """Return the path of *manifest* in *directory*."""
    path = directory / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return path


def _fqn(layer: int, number: int) -> list[str]:
    return ["shop", f"layer_{layer:03}", f"model_{number:05}"]


def _node(
    kind: str, name: str, parents: Iterable[str], *, materialized: str | None, extension: str
) -> dict[str, Any]:
    return {
        "unique_id": f"{kind}.shop.{name}",
        "name": name,
        "alias": name,
        "resource_type": kind,
        "package_name": "shop",
        "path": f"{name}.{extension}",
        "original_file_path": f"{kind}s/{name}.{extension}",
        "fqn": ["shop", name],
        "database": "shop",
        "schema": "main",
        "description": "",
        "raw_code": "select 1 as id" if kind == "model" else "",
        "language": "sql",
        "checksum": {"name": "sha256", "checksum": name},
        "columns": {},
        "meta": {},
        "tags": [],
        "group": None,
        "config": {"enabled": True, "materialized": materialized, "meta": {}, "tags": []},
        "depends_on": {"macros": [], "nodes": list(parents)},
    }
