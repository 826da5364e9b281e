"""Builders of domain values for the tests, with every member that a test does not care about."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.node_event import NodeFinished, NodeStarted, NodeStatus
from floe.domain.model.run import RunContext

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
RUN_ID = str(UUID(int=7))


def context(**changes: Any) -> RunContext:
    fields: dict[str, Any] = {"run_id": RUN_ID, "pipeline": "shop", "started_at": NOON}
    return RunContext(**fields | changes)


def node(unique_id: str, *parents: str, **changes: Any) -> DbtNode:
    resource_type, _, name = unique_id.split(".")[:3]
    manifest: dict[str, Any] = {
        "unique_id": unique_id,
        "name": name,
        "resource_type": resource_type,
        "database": "shop",
        "schema": "main",
        "depends_on": {"nodes": list(parents)},
    }
    return DbtNode.from_manifest_node(manifest | changes)


def graph(*nodes: DbtNode, **changes: Any) -> ProjectGraph:
    by_id: Mapping[str, DbtNode] = {item.unique_id: item for item in nodes}
    fields: dict[str, Any] = {"project_name": "shop", "adapter_type": "duckdb", "nodes": by_id}
    return ProjectGraph(**fields | changes)


def started(unique_id: str, second: float = 0, **changes: Any) -> NodeStarted:
    fields: dict[str, Any] = {
        "at": NOON + timedelta(seconds=second),
        "unique_id": unique_id,
        "resource_type": unique_id.split(".", maxsplit=1)[0],
        "name": unique_id.rsplit(".", maxsplit=1)[-1],
    }
    return NodeStarted(**fields | changes)


def finished(
    unique_id: str, second: float = 1, status: NodeStatus = NodeStatus.SUCCESS, **changes: Any
) -> NodeFinished:
    fields: dict[str, Any] = {
        "at": NOON + timedelta(seconds=second),
        "started_at": NOON,
        "unique_id": unique_id,
        "resource_type": unique_id.split(".", maxsplit=1)[0],
        "name": unique_id.rsplit(".", maxsplit=1)[-1],
        "status": status,
    }
    return NodeFinished(**fields | changes)
