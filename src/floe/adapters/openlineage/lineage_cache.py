"""Column lineage that was worked out before, one small file a node."""

import contextlib
import os
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from pydantic import ValidationError

from floe.domain.model.column_lineage import RelationLineage
from floe.domain.model.value import Value


class _Entry(Value):
    key: str
    lineage: RelationLineage


class LineageCache:
    """Keep one lineage a node in *directory*: a new one takes the place of the old.

    A cache is never a reason to fail: what cannot be read is unknown, what cannot be written is
    not kept.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, unique_id: str, key: str) -> RelationLineage | None:
        """Return the lineage of *unique_id* if it was kept under the same *key*."""
        try:
            entry = _Entry.model_validate_json(self._path(unique_id).read_bytes())
        except (OSError, ValidationError):
            return None
        return entry.lineage if entry.key == key else None

    def put(self, unique_id: str, key: str, lineage: RelationLineage) -> None:
        """Keep *lineage*; a reader sees the old file or the new one."""
        path = self._path(unique_id)
        text = _Entry(key=key, lineage=lineage).model_dump_json()
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
                file.write(text)
            try:
                os.replace(file.name, path)  # noqa: PTH105 - both ends are known to be on one disk
            except OSError:
                Path(file.name).unlink(missing_ok=True)

    def _path(self, unique_id: str) -> Path:
        name = sha256(unique_id.encode()).hexdigest()
        return self._directory / name[:2] / f"{name[2:32]}.json"
