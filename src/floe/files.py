"""How floe puts a file in its place: whole or not at all, and for its owner only."""

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Put *content* in the place of *path*: a reader sees the old file or the new one.

    A link at *path* is replaced, not followed. With *durable* the file outlives a power cut.

    Raises:
        OSError: It cannot be written; what stood there still does, and nothing beside it.
    """
    # mkstemp creates the file exclusively with mode 0600 and follows no link.
    descriptor, draft = tempfile.mkstemp(prefix=".floe-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    if durable:
        _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
