"""The memory of a project: one small file a key, in its state directory."""

import contextlib
from pathlib import Path

from floe.files import replace_file


class StateFiles:
    """Keep each text as a file of its own, readable by its owner only."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def recall(self, key: str) -> str | None:
        """Return the text kept under *key*; see the port."""
        try:
            return (self._directory / key).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def keep(self, key: str, text: str) -> None:
        """Keep *text* under *key*; see the port."""
        with contextlib.suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_file(self._directory / key, text.encode())
