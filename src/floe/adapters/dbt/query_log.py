"""The statements of each node, put together from what dbt says of them.

dbt tells the beginning of a statement and its good end, each with the node that it is for and on
the thread that waits for it. Of one that failed it tells no end, and some adapters never do: then
a statement ends with the next one, or with the node, and has failed where the node has.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from floe.domain.model.node_event import Query

MOST = 1000
"""Statements that are kept of one node; a microbatch model may have thousands."""


class _Begun(NamedTuple):
    unique_id: str
    at: datetime
    text: str


class QueryLog:
    """Keeps the statements of nodes that are under way."""

    def __init__(self) -> None:
        self._begun: dict[str, _Begun] = {}
        self._ended: dict[str, list[Query]] = defaultdict(list)

    def hear(
        self, name: str, unique_id: str, thread: str, at: datetime, data: Mapping[str, Any]
    ) -> None:
        """Note the event *name* of a statement; one that is for no node is passed over."""
        if name == "SQLQuery":
            self._break_off(thread, at, failed=False)
            if unique_id:
                self._begun[thread] = _Begun(unique_id, at, str(data.get("sql") or "").strip())
        elif thread in self._begun and self._begun[thread].unique_id == unique_id:
            begun = self._begun.pop(thread)
            took = timedelta(seconds=max(float(data.get("elapsed") or 0.0), 0.0))
            self._keep(begun, min(at, begun.at + took) if took else at, failed=False)

    def of(self, unique_id: str, at: datetime, *, failed: bool) -> tuple[Query, ...]:
        """Forget and return the statements of a node that ended, or *failed*, at *at*."""
        for thread, begun in list(self._begun.items()):
            if begun.unique_id == unique_id:
                self._break_off(thread, at, failed=failed)
        return tuple(self._ended.pop(unique_id, ()))

    def _break_off(self, thread: str, at: datetime, *, failed: bool) -> None:
        begun = self._begun.pop(thread, None)
        if begun is not None:
            self._keep(begun, at, failed=failed)

    def _keep(self, begun: _Begun, at: datetime, *, failed: bool) -> None:
        kept = self._ended[begun.unique_id]
        if len(kept) < MOST:
            end = max(at, begun.at)
            kept.append(Query(started_at=begun.at, finished_at=end, text=begun.text, failed=failed))
