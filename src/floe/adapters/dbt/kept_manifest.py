"""dbt's parse cache kept in memory between the runs of one server.

dbt reads ``partial_parse.msgpack`` and then compares every file, variable and setting with it.
Only the reading is spared, and only where the bytes on disk are those that were read before:
all that dbt decides, it still decides itself.
"""

import contextlib
from functools import wraps
from pathlib import Path
from typing import Any, Protocol


class _Project(Protocol):
    project_target_path: str


class _Loader(Protocol):
    root_project: _Project


class KeptManifest:
    """The parse cache that the last run left, as dbt's own object."""

    def __init__(self) -> None:
        self.path: Path | None = None
        """Where the run in this process looked for its parse cache; None before it did."""
        self._content = b""
        self._manifest: Any = None

    def load(self, path: Path) -> None:
        """Read the cache at *path*, unless it is the one that is kept; what fails is not kept."""
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumuro_decoder

        content = b""
        with contextlib.suppress(OSError):
            content = path.read_bytes()
        if content == self._content:
            return
        self._content, self._manifest = b"", None
        with contextlib.suppress(Exception):
            self._manifest = Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
            self._content = content

    def install(self) -> None:
        """Have the dbt of this process, which will run once, take the object for equal bytes."""
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import ManifestLoader

        read, decode = ManifestLoader.read_manifest_for_partial_parse, Manifest.from_msgpack

        @wraps(read)
        def noting_where(loader: _Loader) -> object:
            self.path = Path(loader.root_project.project_target_path, "partial_parse.msgpack")
            return read(loader)

        @wraps(decode)
        def kept_or_decoded(content: bytes, **options: object) -> object:
            kept = self._manifest
            if kept is not None and content == self._content:
                # dbt changes the object: it is handed out once.
                self._manifest = None
                return kept
            return decode(content, **options)

        ManifestLoader.read_manifest_for_partial_parse = noting_where
        Manifest.from_msgpack = staticmethod(kept_or_decoded)
