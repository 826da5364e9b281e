"""The query of a snapshot, which dbt compiles as any other and writes nowhere.

It stands whole in the statement that dbt sends to make the snapshot, between words that the macros
of every adapter have (dbt-adapters, ``snapshots/helpers.sql``).
"""

import re
from typing import Protocol

SNAPSHOT_EVENT = "SQLQuery"
"""The event with that statement. It is of level debug, and nothing else tells the query."""

_PLACES = (
    re.compile(
        r"\bwith\s+snapshot_query\s+as\s*\((.*?)\),\s*snapshotted_data\s+as\s*\(", re.DOTALL
    ),
    re.compile(r"\bfrom\s*\((.*)\)\s*sbq\b", re.DOTALL),
)


class _NodeInfo(Protocol):
    resource_type: str


class NodeData(Protocol):
    """What dbt's event has to say, of those that are about a node."""

    node_info: _NodeInfo


def tells_a_snapshot(name: str, data: NodeData) -> bool:
    """Return whether the event *name* with *data* has a statement that is sent for a snapshot."""
    return name == SNAPSHOT_EVENT and data.node_info.resource_type == "snapshot"


def snapshot_query(statement: str) -> str | None:
    """Return the query whose rows *statement* keeps in a snapshot, None where it keeps none."""
    found = (place.search(statement) for place in _PLACES)
    return next((match[1].strip() for match in found if match is not None), None)
