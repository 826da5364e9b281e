"""A dbt target directory for one run, and the end of those that dead processes left."""

import contextlib
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from floe.file_lock import FileLock

_LOCK = "in-use"
"""The file in a directory that its owner holds locked: the kernel lets go of a dead one's."""


@contextmanager
def scratch_target(cache: Path) -> Iterator[Path]:
    """Lend a target directory of its own to one run, with dbt's parse *cache* in it.

    Two runs at once would otherwise overwrite each other's compiled SQL and results.
    """
    remove_abandoned()
    directory, lock = _owned()
    try:
        if cache.is_file():
            shutil.copy2(cache, directory / cache.name)
        yield Path(os.path.realpath(directory))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        lock.close()


def remove_abandoned() -> None:
    """Remove the directories whose owner has died: this user's on this machine, no others.

    On a volume that machines share, a lock of the other one may not be seen here.
    """
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.rpartition("-")[0] + "-" == _prefix():
                _remove_abandoned(entry)


def _remove_abandoned(entry: "os.DirEntry[str]") -> None:
    with contextlib.suppress(OSError):
        is_own = entry.stat(follow_symlinks=False).st_uid == os.getuid()
        if not is_own or not entry.is_dir(follow_symlinks=False):
            return
        lock = FileLock(Path(entry.path) / _LOCK)
        try:
            if lock.acquire():
                shutil.rmtree(entry.path, ignore_errors=True)
        finally:
            lock.close()


def _owned() -> tuple[Path, FileLock]:
    """Make a directory and hold its lock; where another process was quicker, one more."""
    while True:
        directory = Path(tempfile.mkdtemp(prefix=_prefix()))
        lock = FileLock(directory / _LOCK)
        try:
            if lock.acquire():
                return directory, lock
        except FileNotFoundError:
            """It was taken for abandoned, before there was a lock."""
        lock.close()


def _prefix() -> str:
    return f"floe-target-{platform.node()}-"
