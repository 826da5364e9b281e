"""What was found out about nodes before, one line a node in one file."""

import contextlib
import json
import os
from pathlib import Path
from typing import NamedTuple

from floe.files import replace_file

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_NOT_WORTH_TIDYING = 65_536
"""Bytes of lines that lapsed which may stay in any file."""


class _Place(NamedTuple):
    offset: int
    length: int


class NodeNotes:
    """Keep one text of one line a node in *directory*: a new one takes the place of the old.

    Lines are only ever added, so several processes may write; when most of the file has lapsed it
    is written anew. It is never a reason to fail: what cannot be read is unknown, what cannot be
    written is not kept.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / "nodes.txt"
        self._inode = self._read = self._counting = 0
        self._places: dict[str, _Place] = {}

    def get(self, unique_id: str) -> bytes | None:
        """Return the text of *unique_id*."""
        try:
            self._catch_up()
            place = self._places.get(unique_id)
            return self._bytes(place) if place is not None else None
        except OSError:
            return None

    def put(self, unique_id: str, text: str) -> None:
        """Keep *text*."""
        with contextlib.suppress(OSError):
            if self._read > _NOT_WORTH_TIDYING + 2 * self._counting:
                self._tidy()
            self._append(unique_id, text.encode())

    def _append(self, unique_id: str, text: bytes) -> None:
        head = _head(unique_id)
        line = head + text + b"\n"
        descriptor = self._open()
        try:
            complete = os.write(descriptor, line) == len(line)
            state = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        nobody_else = state.st_ino == self._inode and state.st_size == self._read + len(line)
        if complete and nobody_else:
            self._note(unique_id, _Place(self._read + len(head), len(text)))
            self._read = state.st_size
        else:
            self._catch_up()

    def _open(self) -> int:
        try:
            return os.open(self._path, _FLAGS, 0o600)
        except FileNotFoundError:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._path, _FLAGS, 0o600)

    def _bytes(self, place: _Place) -> bytes:
        descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            return os.pread(descriptor, place.length, place.offset)
        finally:
            os.close(descriptor)

    def _catch_up(self) -> None:
        """Learn where the lines are that were written since the last time."""
        state = self._path.stat(follow_symlinks=False)
        if state.st_ino != self._inode or state.st_size < self._read:
            self._inode, self._read, self._counting = state.st_ino, 0, 0
            self._places = {}
        if state.st_size == self._read:
            return
        *lines, _unfinished = self._bytes(_Place(self._read, state.st_size - self._read)).split(
            b"\n"
        )
        for line in lines:
            name, tab, text = line.partition(b"\t")
            with contextlib.suppress(ValueError):
                if tab:
                    place = _Place(self._read + len(name) + 1, len(text))
                    self._note(str(json.loads(name)), place)
            self._read += len(line) + 1

    def _note(self, unique_id: str, place: _Place) -> None:
        lapsed = self._places.get(unique_id)
        self._counting += place.length - (lapsed.length if lapsed is not None else 0)
        self._places[unique_id] = place

    def _tidy(self) -> None:
        """Write the file anew; what another process adds meanwhile may be lost with the old one."""
        self._catch_up()
        lines = (
            _head(unique_id) + self._bytes(place) + b"\n"
            for unique_id, place in self._places.items()
        )
        replace_file(self._path, b"".join(lines))
        self._catch_up()


def _head(unique_id: str) -> bytes:
    # The line break before it: a line that somebody could not end spoils no other.
    return b"\n" + json.dumps(unique_id).encode() + b"\t"
