"""Exclusive locks between processes that the kernel frees when their holder dies."""

import fcntl
import os
import time
from pathlib import Path

_FIRST_NAP_S = 0.0002
_LONGEST_NAP_S = 0.004


class FileLock:
    """An advisory lock on *path*, which is made when it is first taken.

    It is held by this object, not by a thread: callers of several threads need a lock of their
    own around it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the file is open, held or not."""
        return self._descriptor is not None

    def acquire(self, patience_s: float = 0.0) -> bool:
        """Take the lock within *patience_s* seconds and return whether that worked.

        Raises:
            OSError: The file cannot be made or opened.
        """
        deadline = None
        nap_s = _FIRST_NAP_S
        while not self._try():
            deadline = deadline or time.monotonic() + patience_s
            if time.monotonic() >= deadline:
                return False
            time.sleep(nap_s)
            nap_s = min(nap_s * 2, _LONGEST_NAP_S)
        return True

    def release(self) -> None:
        """Let others have it; the file stays open for the next time."""
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file. In a forked child, where the lock is the parent's, that frees nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _try(self) -> bool:
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if os.fstat(descriptor).st_nlink:
            return True
        self.close()  # someone removed the file: others would lock another one
        return False

    def _open(self) -> int:
        if self._descriptor is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
        return self._descriptor
