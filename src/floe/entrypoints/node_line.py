"""One finished node as one line: the same words in every kind of output for people."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import NodeFinished, NodeStarted, NodeStatus
from floe.entrypoints.terminal_text import counted, first_line, harmless, seconds

WORDS: Mapping[NodeStatus, str] = {
    NodeStatus.SUCCESS: "ok",
    NodeStatus.PASS: "pass",
    NodeStatus.WARN: "warn",
    NodeStatus.FAIL: "FAIL",
    NodeStatus.ERROR: "ERROR",
    NodeStatus.RUNTIME_ERROR: "ERROR",
    NodeStatus.PARTIAL_SUCCESS: "PARTIAL",
    NodeStatus.SKIPPED: "skip",
    NodeStatus.NO_OP: "no-op",
}

_HEADING = re.compile(r"[\w ]*Error(?: in \w+ \S+(?: \(.*\))?)?:?")
"""The first line of dbt's messages: the kind of error, and the node that it is about."""


class NodeLine(NamedTuple):
    """What is said of a node that ended; every text is harmless."""

    status: NodeStatus
    word: str
    kind: str
    name: str
    amount: str
    took: str
    note: str


def node_line(event: NodeFinished, graph: ProjectGraph) -> NodeLine:
    """Return the line for *event*; *graph* says how a model is materialized."""
    skipped = event.status is NodeStatus.SKIPPED
    return NodeLine(
        status=event.status,
        word=WORDS[event.status],
        kind=kind(event.resource_type),
        name=label(event, graph),
        amount=_amount(event),
        took="" if skipped else seconds(event.execution_time_s),
        note=_telling(event.message or "") if event.status.is_failure else "",
    )


def kind(resource_type: str) -> str:
    """Return the resource type in words: ``unit test`` for ``unit_test``."""
    return harmless(resource_type).replace("_", " ")


def label(event: NodeStarted | NodeFinished, graph: ProjectGraph) -> str:
    """Return the name of a node, with its materialization where it is a model."""
    name = harmless(event.name or event.unique_id.rsplit(".", maxsplit=1)[-1])
    node = graph.node(event.unique_id)
    if node is None or node.resource_type != "model":
        return name
    return f"{name} ({harmless(node.materialization)})"


def _amount(event: NodeFinished) -> str:
    if event.failures:
        return counted(event.failures, "failure")
    if event.rows_affected:
        return counted(event.rows_affected, "row")
    return ""


def _telling(message: str) -> str:
    """Return the line of *message* that says what is wrong; where it is wrong is known already."""
    lines = [
        line for line in harmless(message).splitlines() if not _HEADING.fullmatch(line.strip())
    ]
    return first_line("\n".join(lines)) or first_line(message)
