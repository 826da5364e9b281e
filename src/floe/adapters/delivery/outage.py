"""Trouble with a backend, told once however many destinations and payloads it meets."""

import logging
import threading

from floe.domain.model.delivery import Outcome, Verdict

_LOG = logging.getLogger("floe.delivery")
UNANSWERED = "no answer in time"
"""The reason why something still waits when an attempt outlasts the run."""


class Outage:
    """Hears every verdict of *backend*, warns when its trouble begins and says when it is over.

    The destinations of one backend share it: safe for their threads.
    """

    def __init__(self, backend: str) -> None:
        self._backend = backend
        self.forget()

    def forget(self) -> None:
        """Start anew in a forked child."""
        self._in_trouble: set[str] = set()
        self._lock = threading.Lock()

    def hear(self, destination: str, verdict: Verdict) -> None:
        """Take in what came of an attempt at *destination*."""
        with self._lock:
            before = bool(self._in_trouble)
            if verdict.outcome is Outcome.DELIVERED:
                self._in_trouble.discard(destination)
            else:
                self._in_trouble.add(destination)
            now = bool(self._in_trouble)
        if now and not before:
            _LOG.warning("delivery to %s: %s", self._backend, verdict.reason)
        elif before and not now:
            _LOG.info("delivery to %s works again", self._backend)
