"""What the warehouse said of the relations that dbt made, in this run or in an earlier one."""

import json
from collections.abc import Mapping
from pathlib import Path

from floe.adapters.openlineage.node_notes import NodeNotes


class DescribedColumns:
    """Remember the columns of relations, for as long as each is made in the same way.

    With *directory* the next process knows them too: what did not change needs no new answer.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._files = NodeNotes(directory) if directory is not None else None
        self._memory: dict[str, tuple[str, Mapping[str, str]]] = {}

    def get(self, unique_id: str, key: str) -> Mapping[str, str]:
        """Return column name → data type, where *key* is still that of ``put``."""
        known = self._memory.get(unique_id)
        if known is None:
            known = self._memory[unique_id] = self._kept(unique_id)
        return known[1] if known[0] == key else {}

    def put(self, unique_id: str, key: str, columns: Mapping[str, str]) -> None:
        """Keep *columns*, which are those of a relation that was made by *key*."""
        now = (key, dict(columns))
        if self._files is not None and now != (self._memory.get(unique_id) or ()):
            self._files.put(unique_id, json.dumps(now))
        self._memory[unique_id] = now

    def _kept(self, unique_id: str) -> tuple[str, Mapping[str, str]]:
        text = self._files.get(unique_id) if self._files is not None else None
        try:
            key, columns = json.loads(text) if text is not None else ("", {})
            return str(key), {str(name): str(kind) for name, kind in columns.items()}
        except (ValueError, TypeError, AttributeError):
            return "", {}
