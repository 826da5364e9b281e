"""The columns of what dbt has made, read through dbt's own adapter while dbt goes on.

This module is loaded into processes that belong to dbt: it imports nothing else of floe.
"""

import contextlib
import contextvars
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

THREAD = "floe-columns"
"""What dbt's events say on this thread is nobody's business."""
_LAST_ONES_S = 0.5
_MAKERS = frozenset({"model", "seed", "snapshot"})

Columns: TypeAlias = Mapping[str, str]
"""Column name → data type, in the relation's order."""
Tell: TypeAlias = Callable[[str, Columns], None]
"""Takes the unique id of a node, and the columns of its relation."""


class Made(NamedTuple):
    """The relation that a node has made; *rendered* is its whole name, quoted."""

    unique_id: str
    database: str
    schema: str
    identifier: str
    rendered: str


class Describer:
    """Asks for the columns of each relation on a thread and a connection of its own.

    No node waits for it, and whatever goes wrong here is nothing but columns that nobody knows.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._made: queue.SimpleQueue[Made | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen, in the context of the caller: that of dbt's invocation."""
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=lambda: context.run(self._serve), name=THREAD, daemon=True
        )
        self._thread.start()

    def made_by(self, finished: Mapping[str, Any]) -> Made | None:
        """Return what the node that *finished* has made, where its columns can be asked for."""
        return None if self._thread is None else _made_by(finished)

    def ask(self, made: Made) -> None:
        """Have the columns of *made* told; its node's end must have been told before."""
        self._made.put(made)

    def close(self) -> bool:
        """Wait for the last relations for half a second at most; return whether nothing goes on.

        A second call does nothing.
        """
        thread, self._thread = self._thread, None
        if thread is None:
            return True
        self._made.put(None)
        thread.join(_LAST_ONES_S)
        return not thread.is_alive()

    def _serve(self) -> None:
        made = self._made.get()
        while made is not None:
            # dbt closes every connection at its end, ours too: what is left needs a new one.
            with contextlib.suppress(Exception):
                self._describe_from(made)
                return
            made = self._made.get()

    def _describe_from(self, first: Made) -> None:
        """Describe *first* and all that follows, to the end."""
        from dbt.adapters.factory import FACTORY

        (adapter,) = FACTORY.adapters.values()
        self._come_before_the_end(adapter.connections)
        made: Made | None = first
        with adapter.connection_named(THREAD):
            while made is not None:
                columns = _columns(adapter, made)
                adapter.connections.rollback_if_open()
                self._tell(made.unique_id, columns)
                made = self._made.get()

    def _come_before_the_end(self, connections: Any) -> None:  # noqa: ANN401 - of any adapter
        """Have dbt wait for us when it closes every connection: to close a busy one is an error.

        A connection that is still busy then is left to the end of the process.
        """
        cleanup_all, ours = connections.cleanup_all, connections.get_thread_identifier()

        def waiting() -> None:
            if not self.close():
                with connections.lock:
                    connections.thread_connections.pop(ours, None)
            cleanup_all()

        connections.cleanup_all = waiting


def _columns(adapter: Any, made: Made) -> Columns:  # noqa: ANN401 - dbt's adapter of any kind
    if adapter.type() == "duckdb":
        # Its own macro does the same at ten times the price.
        _, cursor = adapter.connections.add_query(f"describe {made.rendered}", auto_begin=False)
        return {str(row[0]): str(row[1]) for row in cursor.fetchall()}
    relation = adapter.Relation.create(
        database=made.database or None,
        schema=made.schema or None,
        identifier=made.identifier,
        quote_policy=adapter.config.quoting,
    )
    found = adapter.get_columns_in_relation(relation)
    return {str(column.name): str(column.data_type) for column in found}


def _made_by(finished: Mapping[str, Any]) -> Made | None:
    node = finished["data"].get("node_info") or {}
    result = finished["data"].get("run_result") or {}
    relation = node.get("node_relation") or {}
    is_made = node.get("resource_type") in _MAKERS and result.get("status") == "success"
    if not is_made or node.get("materialized") == "ephemeral" or not relation.get("relation_name"):
        return None
    return Made(
        unique_id=str(node["unique_id"]),
        database=str(relation.get("database") or ""),
        schema=str(relation.get("schema") or ""),
        identifier=str(relation.get("alias") or ""),
        rendered=str(relation["relation_name"]),
    )
