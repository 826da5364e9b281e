"""Where envelopes go first: plain lines that are imported into the database later, many at once.

Each line is a checksum, a JSON document and the bodies of one or two envelopes, as they are where
they stand on one line; a last will with the body of its envelope leaves it out. A line that a crash
cut short was never acknowledged and is skipped. A file belongs to one process, and to whoever holds
its lock.
"""

import base64
import binascii
import contextlib
import errno
import fcntl
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from floe.adapters.delivery import state_directory
from floe.domain.model.delivery import Envelope
from floe.domain.model.errors import OutboxError, Problem

_LOG = logging.getLogger("floe.delivery")
_LARGE_BYTES = 256 * 1024
_LINE_S = 0.0005
_ATTEMPTS = 40
"""A writer needs much less than the first for a line; one that was stopped in it is passed over."""
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_AS_IT_IS, _IN_BASE64, _THE_SAME = b"=", b"+", b"^"
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Entry(NamedTuple):
    """What ``put`` was called with, and the process that left the will."""

    envelope: Envelope
    not_before: datetime | None = None
    last_will: Envelope | None = None
    process: str = ""


class Spool:
    """Lines in *directory*, which exists only while there are any.

    A file stays open between two lines and is left for another when it is large, so that it can
    be imported, and its room given back, without much room for both. All together they grow to
    *size_bytes* at most.
    """

    def __init__(self, directory: Path, size_bytes: int) -> None:
        self._directory = directory
        self._where = str(directory)
        self._size_bytes = size_bytes
        self._threads = threading.Lock()
        self._descriptor: int | None = None
        self._beside_bytes = 0

    def exists(self) -> bool:
        """Return whether there may be something to import."""
        return os.path.isdir(self._where)  # noqa: PTH112 - a third of the time, on every put

    def append(self, entry: Entry) -> int:
        """Keep *entry* and return how many bytes wait to be imported, about.

        On return a crash of this process does not lose it.

        Raises:
            OutboxError: The line could not be written, or the directory is not safe to use.
        """
        line = _encode(entry)
        try:
            with self._threads:
                while True:
                    size = self._append(line)
                    if size is not None:
                        return size
        except OSError as error:
            problem = Problem(
                f"the spool of the outbox takes no event: {error.strerror or error}",
                str(self._directory),
                "make room on the disk, or choose another state directory",
            )
            raise OutboxError(problem) from error

    def close(self) -> None:
        """Close the file; the next line goes to another one."""
        with self._threads:
            self._leave()

    def forget(self) -> None:
        """Start anew in a forked child, and leave the file to its parent."""
        self._threads = threading.Lock()
        self._leave()

    def files(self) -> list[Path]:
        """Return the files of all processes, the oldest first."""
        try:
            found = [(path.stat().st_ctime_ns, path) for path in self._directory.glob("*.jsonl")]
            return [path for _, path in sorted(found)]
        except OSError:
            return []

    def writers(self) -> frozenset[str]:
        """Return the process ids of those whose lines are not imported yet."""
        return frozenset(pid for path in self.files() for pid in path.name.split("-")[1:2])

    def take(self) -> "SpoolFile | None":
        """Return the oldest file that no other reader is at, nor a writer that does not go on.

        A writer of this process is waited for: it goes on, however late.
        """
        with self._threads:
            for path in self.files():
                descriptor = _take(path)
                if descriptor is not None:
                    return SpoolFile(path, descriptor)
        return None

    def _append(self, line: bytes) -> int | None:
        """Return the new size, or None where the file is somebody else's now: try another."""
        descriptor = self._descriptor
        if descriptor is None:
            descriptor = self._descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # it is being imported
            self._leave()
            return None
        try:
            status = os.fstat(descriptor)
            if not status.st_nlink:
                self._leave()
                return None
            size = status.st_size + len(line)
            if self._beside_bytes + size > self._size_bytes:
                raise OSError(errno.EDQUOT, "the spool is full")
            _write_whole(descriptor, line, status.st_size)
            if size > _LARGE_BYTES:
                self._leave()
            return self._beside_bytes + size
        finally:
            if self._descriptor is not None:
                fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _open(self) -> int:
        while True:
            state_directory.prepare(self._directory.parent)
            with contextlib.suppress(FileExistsError):
                self._directory.mkdir(mode=0o700)
            self._beside_bytes = sum(_size(path) for path in self.files())
            # Names grow: two files may be of one tick of the clock that the disk goes by.
            name = f"{time.monotonic_ns():020}-{os.getpid()}-{uuid.uuid4().hex}.jsonl"
            path = self._directory / name
            with contextlib.suppress(FileNotFoundError):  # an import removed the empty directory
                return os.open(path, _APPEND, 0o600)

    def _leave(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class SpoolFile:
    """A file of the spool that is ours alone, until it is removed or left."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, in order; a second call starts again."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        return _entries(self._path, self._descriptor)

    def remove(self) -> None:
        """Remove the file, whose entries are kept elsewhere, and its directory with the last."""
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # something is in it still, or again
            self._path.parent.rmdir()

    def leave(self) -> None:
        """Let others have it, if it is still there."""
        os.close(self._descriptor)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _write_whole(descriptor: int, line: bytes, size: int) -> None:
    try:
        written = os.write(descriptor, line)
        if written == len(line):
            return
        error = OSError(errno.ENOSPC, "no space left for a whole line")
    except OSError as cause:
        error = cause
    os.ftruncate(descriptor, size)
    raise error


def _take(path: Path) -> int | None:
    """Return *path*, opened and locked; a writer in the middle of a line is waited for."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    for _ in range(_ATTEMPTS):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_nlink:
                return descriptor
            break  # another reader has imported it
        time.sleep(_LINE_S)
    os.close(descriptor)
    return None


def _entries(path: Path, descriptor: int) -> Iterator[Entry]:
    with os.fdopen(os.dup(descriptor), "rb") as lines:
        for number, line in enumerate(lines, start=1):
            entry = _decode(line)
            if entry is not None:
                yield entry
            elif line.endswith(b"\n"):
                _LOG.warning("delivery: line %d of %s is damaged and was skipped", number, path)


def _encode(entry: Entry) -> bytes:
    envelope, will = entry.envelope, entry.last_will
    will_body = will.body if will else b""
    head = {
        "envelope": _plain(envelope),
        "not_before": entry.not_before and entry.not_before.isoformat(),
        "last_will": will and _plain(will),
        "process": entry.process,
    }
    text = b"\t".join(
        (
            _ENCODER.encode(head).encode(),
            _on_one_line(envelope.body),
            _THE_SAME if will_body == envelope.body else _on_one_line(will_body),
        )
    )
    return b"%08x %s\n" % (binascii.crc32(text), text)


def _decode(line: bytes) -> Entry | None:
    checksum, _, text = line.rstrip(b"\n").partition(b" ")
    if checksum != b"%08x" % binascii.crc32(text):
        return None
    head, body, will_body = text.split(b"\t")
    fields = json.loads(head)
    not_before, will = fields["not_before"], fields["last_will"]
    return Entry(
        _envelope(fields["envelope"], body),
        datetime.fromisoformat(not_before) if not_before else None,
        _envelope(will, body if will_body == _THE_SAME else will_body) if will else None,
        fields["process"],
    )


def _plain(envelope: Envelope) -> dict[str, str]:
    return {
        "destination": envelope.destination,
        "key": envelope.key,
        "kind": envelope.kind.value,
        "content_type": envelope.content_type,
        "created_at": envelope.created_at.isoformat(),
    }


def _envelope(fields: dict[str, str], line: bytes) -> Envelope:
    return Envelope.model_validate(fields | {"body": _as_it_was(line)})


def _on_one_line(body: bytes) -> bytes:
    """Return *body* as it is, or in base64 where it has what ends it in a line of the spool."""
    if b"\n" in body or b"\t" in body:
        return _IN_BASE64 + base64.b64encode(body)
    return _AS_IT_IS + body


def _as_it_was(line: bytes) -> bytes:
    return base64.b64decode(line[1:]) if line[:1] == _IN_BASE64 else line[1:]
