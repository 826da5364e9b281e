"""Where envelopes go when the database cannot take them: plain lines that are imported later.

Each line is a checksum and a JSON document; a line that a crash cut short was never acknowledged
and is skipped. A file belongs to one process, and to whoever holds its lock.
"""

import base64
import binascii
import contextlib
import errno
import fcntl
import json
import logging
import os
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from floe.domain.model.delivery import Envelope
from floe.domain.model.errors import OutboxError, Problem

_LOG = logging.getLogger("floe.delivery")
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Entry(NamedTuple):
    """What ``put`` was called with, and the process that left the will."""

    envelope: Envelope
    not_before: datetime | None = None
    last_will: Envelope | None = None
    process: str = ""


class Spool:
    """Lines in *directory*, which exists only while there are any.

    The file of one process grows to *size_bytes* at most.
    """

    def __init__(self, directory: Path, size_bytes: int) -> None:
        self._directory = directory
        self._where = str(directory)
        self._size_bytes = size_bytes
        self._name = ""

    def exists(self) -> bool:
        """Return whether there may be something to import."""
        return os.path.isdir(self._where)  # noqa: PTH112 - a third of the time, on every put

    def append(self, entry: Entry) -> None:
        """Keep *entry*; on return a crash of this process does not lose it.

        Raises:
            OutboxError: The line could not be written.
        """
        line = _encode(entry)
        try:
            while not self._append(line):
                self._name = ""
        except OSError as error:
            problem = Problem(
                f"neither the outbox nor its spool takes an event: {error.strerror or error}",
                str(self._directory),
                "make room on the disk, or choose another state directory",
            )
            raise OutboxError(problem) from error

    def files(self) -> list[Path]:
        """Return the files of all processes, the oldest first."""
        try:
            return sorted(self._directory.glob("*.jsonl"), key=lambda path: path.stat().st_ctime_ns)
        except OSError:
            return []

    def _append(self, line: bytes) -> bool:
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self._name = self._name or f"{os.getpid()}-{uuid.uuid4().hex}.jsonl"
        path = self._directory / self._name
        try:
            descriptor = os.open(path, _APPEND, 0o600)
        except FileNotFoundError:  # the directory was emptied and removed this very moment
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            status = os.fstat(descriptor)
            if not status.st_nlink:
                return False
            if status.st_size + len(line) > self._size_bytes:
                raise OSError(errno.EDQUOT, "the spool is full")
            return _write_whole(descriptor, line, status.st_size)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)


class SpoolImport:
    """One reading of the spool, which is removed only once its entries are kept elsewhere.

    Files that their writer holds at this moment are left for the next time.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._taken: list[tuple[Path, int]] = []

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, in order; a second call starts again."""
        self.abandon()
        for path in self._spool.files():
            descriptor = _take(path)
            if descriptor is not None:
                self._taken.append((path, descriptor))
                yield from _entries(path, descriptor)

    def finish(self) -> None:
        """Remove what was read."""
        for path, _ in self._taken:
            path.unlink(missing_ok=True)
        directories = {path.parent for path, _ in self._taken}
        self.abandon()
        for directory in directories:
            with contextlib.suppress(OSError):  # something is in it again, or still
                directory.rmdir()

    def abandon(self) -> None:
        """Leave everything where it is."""
        for _, descriptor in self._taken:
            os.close(descriptor)
        self._taken = []


def _write_whole(descriptor: int, line: bytes, size: int) -> bool:
    try:
        written = os.write(descriptor, line)
        if written == len(line):
            return True
        error = OSError(errno.ENOSPC, "no space left for a whole line")
    except OSError as cause:
        error = cause
    os.ftruncate(descriptor, size)
    raise error


def _take(path: Path) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            return descriptor
    except OSError:
        pass  # its writer, or another reader, is at it
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
    document = {
        "envelope": _plain(entry.envelope),
        "not_before": entry.not_before and entry.not_before.isoformat(),
        "last_will": entry.last_will and _plain(entry.last_will),
        "process": entry.process,
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    return b"%08x %s\n" % (binascii.crc32(text), text)


def _decode(line: bytes) -> Entry | None:
    checksum, _, text = line.rstrip(b"\n").partition(b" ")
    if checksum != b"%08x" % binascii.crc32(text):
        return None
    document = json.loads(text)
    not_before, last_will = document["not_before"], document["last_will"]
    return Entry(
        _envelope(document["envelope"]),
        datetime.fromisoformat(not_before) if not_before else None,
        _envelope(last_will) if last_will else None,
        document["process"],
    )


def _plain(envelope: Envelope) -> dict[str, str]:
    fields = envelope.model_dump(mode="json", exclude={"body"})
    return fields | {"body": base64.b64encode(envelope.body).decode()}


def _envelope(fields: dict[str, str]) -> Envelope:
    return Envelope.model_validate(fields | {"body": base64.b64decode(fields["body"])})
