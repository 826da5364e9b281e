"""The SQL of a node that dbt has not compiled, as far as it can be read without running Jinja.

Only what every project has is understood: ``config``, ``ref``, ``source``, ``this`` and blocks for
incremental runs. A template that does more stays unread: half a query would tell a lie.
"""

import re

from floe.domain.model.manifest import DbtNode, ProjectGraph

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_CONFIG = re.compile(r"\{\{-?\s*config\s*\(.*?\)\s*-?\}\}", re.DOTALL)
_SNAPSHOT = re.compile(r"\{%-?\s*(?:snapshot\s+\w+|endsnapshot)\s*-?%\}")
_INCREMENTAL = re.compile(
    r"\{%-?\s*if\s+is_incremental\(\)\s*-?%\}(?:(?!\{%).)*?\{%-?\s*endif\s*-?%\}", re.DOTALL
)
_REF = re.compile(r"\{\{-?\s*ref\s*\(\s*(?P<names>(?:['\"][^'\"]+['\"]\s*,?\s*){1,2})\)\s*-?\}\}")
_SOURCE = re.compile(
    r"\{\{-?\s*source\s*\(\s*['\"](?P<source>[^'\"]+)['\"]\s*,\s*['\"](?P<table>[^'\"]+)['\"]"
    r"\s*\)\s*-?\}\}"
)
_THIS = re.compile(r"\{\{-?\s*this\s*-?\}\}")
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
_DEEPEST = 20


class _UnreadableError(ValueError):
    """The template does more than can be read."""


def static_sql(node: DbtNode, graph: ProjectGraph, depth: int = 0) -> str | None:
    """Return the SQL of *node* with relations in place of references; None where it is unread."""
    if not node.raw_code or node.language == "python" or depth > _DEEPEST:
        return None

    def relation(unique_id: str) -> str:
        parent = graph.node(unique_id)
        if parent is None:
            raise _UnreadableError(unique_id)
        if not parent.is_ephemeral:
            return parent.relation_name or ".".join(parent.relation)
        inner = static_sql(parent, graph, depth + 1)
        if inner is None:
            raise _UnreadableError(unique_id)
        return f"({inner}\n) as {parent.name}"

    text = _COMMENT.sub("", node.raw_code)
    for pattern in (_CONFIG, _SNAPSHOT, _INCREMENTAL):
        text = pattern.sub("", text)
    try:
        text = _REF.sub(lambda match: relation(_referred(match["names"], node)), text)
        text = _SOURCE.sub(
            lambda match: relation(_sourced(match["source"], match["table"], node)), text
        )
    except _UnreadableError:
        return None
    text = _THIS.sub(lambda _: node.relation_name or ".".join(node.relation), text)
    return None if "{{" in text or "{%" in text else text.strip()


def _referred(names: str, node: DbtNode) -> str:
    """Return the parent of *node* that ``ref`` with *names* (package and name, or name) means."""
    parts = _QUOTED.findall(names)
    package, name = parts if len(parts) > 1 else (None, parts[0])
    found = [
        unique_id
        for unique_id in node.depends_on
        if unique_id.split(".")[2:3] == [name] and package in {None, unique_id.split(".")[1]}
    ]
    return _only(found)


def _sourced(source: str, table: str, node: DbtNode) -> str:
    wanted = f".{source}.{table}"
    return _only(
        [item for item in node.depends_on if item.startswith("source.") and item.endswith(wanted)]
    )


def _only(found: list[str]) -> str:
    if len(found) != 1:
        msg = "no such parent, or several"
        raise _UnreadableError(msg)
    return found[0]
