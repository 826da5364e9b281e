"""The bytes of a document, and the two texts that may stand in them: JSON and YAML."""

import stat
from collections.abc import Iterable
from pathlib import Path

from floe.domain.model.errors import ArtifactError, Problem

LARGEST_DOCUMENT = 64 * 1024 * 1024
"""Bytes; contract documents are kilobytes, and what is larger is something else."""
_BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path, largest: int = LARGEST_DOCUMENT) -> str:
    """Return the text of the document at *path*, which holds at most *largest* bytes.

    Raises:
        ArtifactError: There is no such file, it cannot be read, or it is not UTF-8 text.
    """
    content = _read_bytes(path, largest)
    if content.startswith(_BOM):
        raise refused(path, "begins with a byte order mark", "save it as UTF-8 without one")
    if content.startswith(_OTHER_BOMS) or b"\0" in content:
        raise refused(path, "is not UTF-8 text", "save it as UTF-8")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text (byte {error.start})"
        raise refused(path, what, "save it as UTF-8") from None
    if not text.strip():
        raise refused(
            path,
            "is empty",
            "write it anew: 'floe compile' makes the compiled one, 'floe init' an example",
        )
    return text


def refused(path: Path, what: str, fix: str = "", json_path: str = "$") -> ArtifactError:
    """Return the error that the document at *path*, at *json_path*, is *what*."""
    return ArtifactError(Problem(what, where(path, json_path), fix))


def where(path: Path, json_path: str) -> str:
    """Return how a problem names its place: the file, then the JSON path."""
    return f"{path}: {json_path}"


def json_path(keys: Iterable[str | int]) -> str:
    """Return *keys* as a JSON path; a key that is no plain name is quoted, a long one cut."""
    return "$" + "".join(_step(key) for key in keys)


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    if key.isidentifier() and key.isascii() and len(key) <= _LONGEST_KEY:
        return f".{key}"
    shown = key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}…"
    return f'["{shown.encode("unicode_escape").decode() if not shown.isprintable() else shown}"]'


_LONGEST_KEY = 80


def _read_bytes(path: Path, largest: int) -> bytes:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "is a directory" if stat.S_ISDIR(mode) else "is not a regular file"
            raise refused(path, kind, "name the document itself")
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except FileNotFoundError:
        fix = "name an existing document, or run 'floe init' and 'floe compile'"
        raise refused(path, "there is no such file", fix) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path is not usable"
        raise refused(path, f"cannot be read: {reason}") from None
    if len(content) > largest:
        raise refused(path, f"is larger than {largest // 1024} KiB")
    return content
