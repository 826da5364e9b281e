"""Payloads appended to a file of the user's, one JSON document a line."""

import errno
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from floe.domain.model.delivery import Envelope, Outcome, Verdict

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


class FileDeliverer:
    """Appends the body of each envelope to *path* as one line, whoever else appends.

    The file is made readable by its owner only; it is opened anew for each append, so that it may
    be moved away at any time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def deliver(self, envelope: Envelope) -> Verdict:
        """Write the line as a whole, or not at all."""
        return self._appended(_line(envelope))

    def deliver_batch(self, envelopes: Sequence[Envelope]) -> Sequence[Verdict]:
        """Write the lines of all of *envelopes*, or none."""
        return [self._appended(b"".join(map(_line, envelopes)))] * len(envelopes)

    def close(self) -> None:
        """Do nothing: the file is open only while something is written."""

    def _appended(self, lines: bytes) -> Verdict:
        try:
            self._append(lines)
        except OSError as error:
            reason = f"{self._path} cannot be written: {error.strerror or error}"
            full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EAGAIN, errno.EINTR}
            return Verdict(outcome=Outcome.RETRY if full else Outcome.PAUSE, reason=reason)
        return Verdict(outcome=Outcome.DELIVERED)

    def _append(self, lines: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, _APPEND, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            written = os.write(descriptor, lines)
            if written != len(lines):
                os.ftruncate(descriptor, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)


def _line(envelope: Envelope) -> bytes:
    return envelope.body.replace(b"\n", b" ").rstrip() + b"\n"
