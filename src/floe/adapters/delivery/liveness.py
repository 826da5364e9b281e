"""Whether the process that wrote a last will still lives, asked of the kernel.

Each process that leaves a will holds a lock on a file of its own. The kernel frees it when the
process ends, however it ends; unlike a process id it is not reused, and it is seen across
containers that share the directory.
"""

import contextlib
import os
import uuid
from pathlib import Path

from floe.file_lock import FileLock


class Liveness:
    """The sign of life of this process in *directory*, and the reader of all others."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._token = ""
        self._lock: FileLock | None = None

    @property
    def is_shown(self) -> bool:
        """Whether this process holds its lock."""
        return self._lock is not None

    def token(self) -> str:
        """Return the name of this process, which holds its lock from now on.

        Raises:
            OSError: The lock file cannot be made.
        """
        if self._lock is None:
            self._directory.mkdir(mode=0o700, exist_ok=True)
            self._token = self._token or f"{os.getpid()}-{uuid.uuid4().hex}"
            lock = FileLock(self._directory / self._token)
            lock.acquire()
            self._lock = lock
        return self._token

    def is_alive(self, token: str) -> bool:
        """Return whether the process *token* lives; the file of a dead one is removed."""
        if self._lock is not None and token == self._token:
            return True
        path = self._directory / token
        if not path.exists():
            return False
        probe = FileLock(path)
        try:
            if not probe.acquire():
                return True
            _remove(path)
        finally:
            probe.close()
        return False

    def close(self) -> None:
        """Take the sign of life away: what this process left unfinished may be finished."""
        if self._lock is not None:
            _remove(self._directory / self._token)
            self._lock.close()
            self._lock = None

    def forget(self) -> None:
        """Start anew in a forked child, without touching the sign of its parent."""
        if self._lock is not None:
            self._lock.close()
        self._lock = None
        self._token = ""


def _remove(path: Path) -> None:
    """Remove *path* if the disk lets us; one that stays is taken for that of a dead process."""
    with contextlib.suppress(OSError):
        path.unlink()
