"""Column lineage that was worked out before."""

from pathlib import Path

from pydantic import ValidationError

from floe.adapters.openlineage.node_notes import NodeNotes
from floe.domain.model.column_lineage import RelationLineage
from floe.domain.model.value import Value


class _Entry(Value):
    key: str
    lineage: RelationLineage


class LineageCache:
    """Keep one lineage a node in *directory*."""

    def __init__(self, directory: Path) -> None:
        self._files = NodeNotes(directory)

    def get(self, unique_id: str, key: str) -> RelationLineage | None:
        """Return the lineage of *unique_id* if it was kept under the same *key*."""
        text = self._files.get(unique_id)
        try:
            entry = _Entry.model_validate_json(text) if text is not None else None
        except ValidationError:
            return None
        return entry.lineage if entry is not None and entry.key == key else None

    def put(self, unique_id: str, key: str, lineage: RelationLineage) -> None:
        """Keep *lineage*."""
        self._files.put(unique_id, _Entry(key=key, lineage=lineage).model_dump_json())
