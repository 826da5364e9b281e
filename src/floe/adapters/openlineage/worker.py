"""One thread beside the pipeline, for work that may be late but never in the way."""

import logging
import os
from collections.abc import Callable
from queue import Empty, Full, Queue
from threading import Lock, Thread
from time import monotonic, sleep

_LOG = logging.getLogger("floe.lineage")
_MOMENT_S = 0.1


class Worker:
    """Runs tasks one after the other; at most *room* of them wait.

    When no more come for a moment it does *at_rest*. The thread starts with the first task and
    does not keep the process alive. A process that was forked from this one gets a thread of its
    own.
    """

    def __init__(self, room: int = 2000, at_rest: Callable[[], None] = lambda: None) -> None:
        self._room = room
        self._at_rest = at_rest
        self._queue: Queue[Callable[[], None]] = Queue(room)
        self._owner: int | None = None
        self._lock = Lock()
        self._closed = False
        self._abandoned = False

    def submit(self, task: Callable[[], None]) -> bool:
        """Have *task* run later; return False, and forget it, where there is no room."""
        if self._closed:
            return False
        self._start()
        try:
            self._queue.put_nowait(task)
        except Full:
            return False
        return True

    def close(self, timeout_s: float) -> None:
        """Wait at most *timeout_s* seconds for the tasks that wait, drop the rest; take no more."""
        self._closed = True
        deadline = monotonic() + timeout_s
        while self._owner == os.getpid() and self._queue.unfinished_tasks:
            if monotonic() >= deadline:
                self._abandoned = True
                return
            sleep(0.005)

    def _start(self) -> None:
        with self._lock:
            if self._owner != os.getpid():
                self._owner = os.getpid()
                self._queue = Queue(self._room)
                Thread(target=self._run, name="floe-column-lineage", daemon=True).start()

    def _run(self) -> None:
        queue = self._queue
        moment_s: float | None = None
        while True:
            try:
                task = queue.get(timeout=moment_s)
            except Empty:
                moment_s = None
                self._do(self._at_rest)
                continue
            self._do(task)
            queue.task_done()
            moment_s = _MOMENT_S

    def _do(self, task: Callable[[], None]) -> None:
        try:
            if not self._abandoned:
                task()
        except Exception:  # noqa: BLE001 - this is the edge of a thread
            _LOG.debug("a task beside the pipeline failed", exc_info=True)
