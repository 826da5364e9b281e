"""The statements of a node as spans: database client calls (semantic conventions 1.44)."""

import re
from collections.abc import Iterator, Mapping

from floe.adapters.otlp import failure
from floe.adapters.otlp.attributes import clean
from floe.adapters.otlp.span_record import SpanRecord, nanoseconds
from floe.domain.model.identity import span_id
from floe.domain.model.run_ledger import RunTransition
from floe.domain.model.tracing import AttributeValue

LONGEST_TEXT = 4_000
"""Characters of a statement."""
_NOISE = re.compile(
    r"/\*.*?\*/"  # comments
    r"|--[^\n]*"
    r"|(?P<literal>'(?:[^']|'')*'"
    r"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"  # PostgreSQL's dollar quotes
    r"|(?<![\w\"`.$])\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w\"`]))"
    r'|"(?:[^"]|"")*"'  # identifiers stay
    r"|`[^`]*`",
    re.DOTALL,
)
_OPERATION = re.compile(r"[A-Za-z]+")
_SPACE = re.compile(r"\s+")


def of_queries(
    end: RunTransition, node: SpanRecord, shared: Mapping[str, AttributeValue]
) -> Iterator[SpanRecord]:
    """Yield a span for each statement of the node that ended with *end*, below its span *node*."""
    relation = str(node.attributes.get("db.collection.name") or "")
    for number, query in enumerate(end.finished.queries if end.finished else (), 1):
        text = sanitized(query.text)
        operation = _operation(text)
        target = relation if relation and relation.lower() in text.lower() else None
        summary = f"{operation} {target}" if target else operation
        attributes: dict[str, object] = {
            "db.operation.name": operation,
            "db.collection.name": target,
            "db.namespace": node.attributes.get("db.namespace"),
            "db.query.summary": summary,
            "db.query.text": text[:LONGEST_TEXT],
            "dbt.node.unique_id": end.unique_id,
            "dbt.node.thread": node.attributes.get("dbt.node.thread"),
        }
        if query.failed:
            attributes["error.type"] = failure.error_type(end)
        yield SpanRecord(
            trace_id=node.trace_id,
            span_id=span_id(node.trace_id, f"{node.span_id}/query/{number}"),
            parent_span_id=node.span_id,
            name=summary,
            start_ns=nanoseconds(query.started_at),
            end_ns=nanoseconds(query.finished_at),
            shared=shared,
            attributes=clean(attributes),
            error=failure.description(end.message) if query.failed else None,
            is_client=True,
        )


def sanitized(sql: str) -> str:
    """Return *sql* on one line, without comments, and with ``?`` for each literal.

    A name in quotes stays. Where a quote is not closed, nothing can be told from a literal: what
    comes after it goes.
    """
    text = _SPACE.sub(" ", _NOISE.sub(_replacement, sql)).strip()
    head, quote, _ = _without_names(text).partition("'")
    return f"{text[: len(head)]}?" if quote else text


def _replacement(found: "re.Match[str]") -> str:
    if found["literal"] is not None:
        return "?"
    return found[0] if found[0][0] in '"`' else " "


def _without_names(text: str) -> str:
    return re.sub(r'"[^"]*"|`[^`]*`', lambda found: "x" * len(found[0]), text)


def _operation(text: str) -> str:
    found = _OPERATION.search(text)
    return found[0].upper() if found else "QUERY"
