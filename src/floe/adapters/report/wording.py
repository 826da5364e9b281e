"""Words and marks for the page: a state is a shape and a word, never a colour alone."""

from collections.abc import Mapping
from unicodedata import east_asian_width

from floe.domain.model.archived_run import ArchivedNode
from floe.domain.model.node_event import NodeFinished, NodeStatus

STATES: Mapping[NodeStatus, str] = {
    NodeStatus.SUCCESS: "ok",
    NodeStatus.PASS: "ok",
    NodeStatus.NO_OP: "idle",
    NodeStatus.WARN: "warned",
    NodeStatus.SKIPPED: "skipped",
}
MARKS: Mapping[str, str] = {
    "ok": "✓",
    "failed": "✗",
    "warned": "!",
    "skipped": "»",
    "idle": "·",
}
_KINDS: Mapping[str, str] = {"unit_test": "unit test"}
_MINUTE = 60
_TEN = 10


def state(end: NodeFinished | None) -> str:
    """Return the state of a node for the page; a node that was not selected is idle."""
    if end is None:
        return "idle"
    return STATES.get(end.status, "failed")


def kind(node: ArchivedNode) -> str:
    """Return what a node is: its resource type, or the materialization of a model."""
    if node.resource_type == "model":
        return node.materialization or "model"
    return _KINDS.get(node.resource_type, node.resource_type)


def duration(seconds: float) -> str:
    """Return a duration for people."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.2f} s" if seconds < _TEN else f"{seconds:.1f} s"
    return f"{int(seconds) // _MINUTE} m {int(seconds) % _MINUTE:02d} s"


def short(name: str, room: int) -> str:
    """Return *name* in at most *room* characters: its middle goes, for names differ at the ends.

    Wide signs (East Asian Width, Unicode 11) take the room of two.
    """
    if _width(name) <= room:
        return name
    head, tail = "", ""
    for sign, back in zip(name, reversed(name), strict=True):
        if _width(f"{head}{sign}…{tail}") > room:
            break
        head += sign
        if _width(f"{head}…{back}{tail}") > room:
            break
        tail = back + tail
    return f"{head}…{tail}"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
