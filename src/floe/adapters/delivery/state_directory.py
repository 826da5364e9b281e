"""The private directory of the outbox: nobody else may read it, or lead us elsewhere by it."""

import os
import stat
from pathlib import Path
from tempfile import TemporaryFile

from floe.domain.model.errors import OutboxError, Problem

BALLAST_BYTES = 2 * 1024 * 1024
"""Twice the write-ahead log, all of which a checkpoint may have to write at once."""
_FOREIGN_WRITERS = stat.S_IWGRP | stat.S_IWOTH
_NETWORK = ("nfs", "cifs", "smb", "9p", "virtiofs", "afs", "ceph", "gluster", "lustre", "fuse.ssh")
_MOUNTS = Path("/proc/self/mountinfo")


def prepare(directory: Path) -> None:
    """Make *directory* if need be and check that it is ours alone.

    Raises:
        OutboxError: It is a symbolic link, no directory, belongs to someone else or can be
            written by others.
        OSError: It cannot be made.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_unsafe(directory)


def examine(directory: Path) -> None:
    """Check that *directory* is ours alone, or could be made, and has room; leave nothing there.

    Raises:
        OutboxError: It is not, or nothing can be written there.
    """
    try:
        if directory.is_symlink() or directory.exists():
            _refuse_unsafe(directory)
        place = next(path for path in (directory, *directory.parents) if path.exists())
        with TemporaryFile(dir=place) as probe:
            probe.write(b"\0" * BALLAST_BYTES)
    except OSError as error:
        what = f"the outbox cannot be written: {error.strerror or error}"
        fix = "make it writable, or name another place in FLOE_STATE_DIR or the setting state_dir"
        raise OutboxError(Problem(what, str(directory), fix)) from error


def make_private_file(path: Path) -> None:
    """Make *path*, readable by its owner only, unless it is there; never follow a link.

    Raises:
        OSError: It cannot be made, or is a symbolic link.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    os.close(os.open(path, flags, 0o600))


def is_on_network(directory: Path, mounts: Path = _MOUNTS) -> bool:
    """Return whether *directory* is on a network filesystem, as far as the system tells."""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return False
    where = os.path.realpath(directory)
    best, kind = "", ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        point = fields.split(" ")[4].replace("\\040", " ")
        inside = where == point or where.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, rest.split(" ", maxsplit=1)[0]
    return kind.startswith(_NETWORK)


class Ballast:
    """Room on the disk that is given up when it is full, so that what waits can still leave."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> None:
        """Reserve the room, if it is not reserved and the disk has it."""
        if self._path.exists():
            return
        try:
            descriptor = os.open(
                self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600
            )
        except OSError:
            return
        try:
            os.write(descriptor, b"\0" * BALLAST_BYTES)
        except OSError:
            self._path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def drop(self) -> bool:
        """Give the room up; return whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True


def _refuse_unsafe(directory: Path) -> None:
    what = _objection(directory.lstat())
    if what:
        fix = "choose another state directory, or repair this one (chmod 700)"
        raise OutboxError(Problem(f"the outbox directory {what}", str(directory), fix))


def _objection(status: os.stat_result) -> str:
    if stat.S_ISLNK(status.st_mode):
        return "is a symbolic link"
    if not stat.S_ISDIR(status.st_mode):
        return "is not a directory"
    if status.st_uid != os.geteuid():
        return "belongs to another user"
    if status.st_mode & _FOREIGN_WRITERS:
        return "can be written by other users"
    return ""
