"""Column lineage that was worked out before."""

from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from floe.adapters.openlineage.node_notes import NodeNotes
from floe.domain.model.column_lineage import RelationLineage


class LineageCache:
    """Keep one lineage a node in *directory*."""

    def __init__(self, directory: Path) -> None:
        self._files = NodeNotes(directory)

    def get(self, unique_id: str, key: str) -> RelationLineage | None:
        """Return the lineage of *unique_id* if it was kept under the same *key*."""
        kept, _, lineage = (self._files.get(unique_id) or b"").partition(b" ")
        if kept != key.encode():
            return None
        try:
            return _form().validate_json(lineage)
        except ValidationError:
            return None

    def put(self, unique_id: str, key: str, lineage: RelationLineage) -> None:
        """Keep *lineage*; there is no space in a *key*."""
        text = _form().dump_json(lineage, exclude_defaults=True).decode()
        self._files.put(unique_id, f"{key} {text}")


@cache
def _form() -> TypeAdapter[RelationLineage]:
    return TypeAdapter(RelationLineage)
