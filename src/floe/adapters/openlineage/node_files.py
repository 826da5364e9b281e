"""What was found out about nodes before, one small file a node."""

import contextlib
from hashlib import sha256
from pathlib import Path

from floe.files import replace_file


class NodeFiles:
    """Keep one text a node in *directory*: a new one takes the place of the old.

    It is never a reason to fail: what cannot be read is unknown, what cannot be written is not
    kept.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, unique_id: str) -> bytes | None:
        """Return the text of *unique_id*."""
        try:
            return self._path(unique_id).read_bytes()
        except OSError:
            return None

    def put(self, unique_id: str, text: str) -> None:
        """Keep *text*; a reader sees the old file or the new one."""
        path = self._path(unique_id)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_file(path, text.encode())

    def _path(self, unique_id: str) -> Path:
        name = sha256(unique_id.encode()).hexdigest()
        return self._directory / name[:2] / f"{name[2:32]}.json"
