"""One destination and the thread that serves it."""

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence

from floe.adapters.delivery.breaker import Breaker
from floe.adapters.delivery.outage import UNANSWERED, Outage
from floe.domain.model.delivery import DeliveryReport, Envelope, Outcome, Verdict
from floe.domain.model.errors import OutboxError
from floe.ports.deliverer import BatchDeliverer, Deliverer
from floe.ports.outbox import Outbox

_LOG = logging.getLogger("floe.delivery")
_BATCH = 50
_GATHER_S = 0.25
_LOOK_AGAIN_S = 0.05
_LONGEST_LOOK_S = 1.0
_TRIES = 5
"""How often in a row the outbox may fail before nobody waits for what is in it."""
_MARGIN = 1.25
"""How much longer than the last one an answer may take."""
_UNANSWERED = Verdict(outcome=Outcome.RETRY, reason=UNANSWERED)


class Lane:
    """Drains *outbox* towards *destination* while there is something to drain.

    *outage* hears what comes of each attempt. The thread is a daemon, starts with the first
    ``wake`` and sleeps when nothing waits.
    """

    def __init__(
        self,
        outbox: Outbox,
        destination: str,
        deliverer: Deliverer,
        breaker: Breaker,
        outage: Outage,
    ) -> None:
        self._outbox = outbox
        self._destination = destination
        self._deliverer = deliverer
        self._breaker = breaker
        self._outage = outage
        self._batch: deque[Envelope] = deque()
        self._unrecorded: list[tuple[Envelope, Verdict]] = []
        self._changed = threading.Condition()
        self._asked = 0
        self._answered = 0
        self._stopping = False
        self._hurried = False
        self._attempting = False
        self._failures = 0
        self._until: float | None = None
        self._took_s = 0.0
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Say that something was put."""
        with self._changed:
            if self._stopping:
                return
            is_at_rest = self._asked == self._answered
            self._asked += 1
            if self._thread is None:
                name = f"floe-delivery-{self._destination}"
                self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
                self._thread.start()
            if is_at_rest:  # else it looks again by itself, and to wake it would only hold it up
                self._changed.notify_all()

    def wait_until_served(self, deadline: float) -> None:
        """Wait until all that was asked is done, as far as it can be, or *deadline* (monotonic)."""
        with self._changed:
            asked = self._asked
            self._hurried = True
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._answered >= asked or self._thread is None,
                timeout=max(0.0, deadline - time.monotonic()),
            )

    def end_by(self, deadline: float) -> None:
        """Begin nothing from now on that would not be answered before *deadline* (monotonic).

        The last answer tells how long one takes. What is cut off may arrive all the same, and
        then a second time with the next sender.
        """
        self._until = deadline

    def stop(self, deadline: float) -> bool:
        """End the thread after the attempt it is at; return False where that goes unanswered.

        It is waited for no longer than *deadline* (monotonic).
        """
        with self._changed:
            self._stopping = True
            thread = self._thread
            self._changed.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join(max(0.0, deadline - time.monotonic()))
            if self._attempting:
                self._outage.hear(self._destination, _UNANSWERED)
                return False
        return True

    def forget(self) -> None:
        """Start anew in a forked child, where the thread does not exist."""
        self._outage.forget()
        self._batch = deque()
        self._unrecorded = []
        self._changed = threading.Condition()
        self._asked = self._answered = 0
        self._stopping = self._hurried = self._attempting = False
        self._failures = 0
        self._until, self._took_s = None, 0.0
        self._thread = None

    def _serve(self) -> None:
        while not self._stopping:
            asked = self._asked
            pause_s = self._drain()
            with self._changed:
                if pause_s is None or self._is_done or self._failures >= _TRIES:
                    self._answered = max(self._answered, asked)
                    self._changed.notify_all()
                    self._changed.wait_for(lambda: self._has_work, pause_s)
                    self._gather()
                else:
                    self._changed.wait_for(lambda: self._stopping, pause_s)

    def _gather(self) -> None:
        """Let more come before it is all claimed at once, unless somebody waits for it."""
        self._linger()
        self._hurried = False

    def _linger(self) -> None:
        self._changed.wait_for(lambda: self._stopping or self._hurried, _GATHER_S)

    @property
    def _is_done(self) -> bool:
        """Whether nothing is to be sent now, whatever waits."""
        needed_s = self._took_s * _MARGIN
        is_late = self._until is not None and time.monotonic() + needed_s > self._until
        return is_late or self._breaker.is_open

    @property
    def _has_work(self) -> bool:
        return self._stopping or self._asked != self._answered

    def _drain(self) -> float | None:
        """Send what may be sent; return the seconds until the next look, None for no need."""
        took_all = False
        try:
            while not self._stopping and not self._is_done:
                self._record_what_is_left()
                if not self._batch:
                    if took_all:  # what has come since is little: claimed by itself it is dear
                        with self._changed:
                            self._linger()
                    limit = _BATCH if self._breaker.is_healthy else 1
                    self._batch.extend(self._outbox.claim(self._destination, limit))
                    took_all = len(self._batch) < limit
                    self._failures = 0
                if not self._batch:
                    return _LOOK_AGAIN_S if self._outbox.has_waiting(self._destination) else None
                self._send()
        except OutboxError as error:
            _LOG.debug("delivery: %s", error)
            self._failures += 1
            return _LOOK_AGAIN_S if self._failures < _TRIES else _LONGEST_LOOK_S
        return max(self._breaker.opens_in_s, _LOOK_AGAIN_S)

    def _send(self) -> None:
        """Send the batch; what is left of it when the outbox fails is sent the next time."""
        while self._batch:
            if self._stopping or self._is_done:
                self._outbox.release(tuple(self._batch))
                self._batch.clear()
                return
            began = time.monotonic()
            verdicts = self._attempt(tuple(self._batch))
            was_taken = all(verdict.outcome is Outcome.DELIVERED for verdict in verdicts)
            self._took_s = time.monotonic() - began if was_taken else 0.0
            self._unrecorded += [(self._batch.popleft(), verdict) for verdict in verdicts]
            for verdict in dict.fromkeys(verdicts):  # one failed request is one failure
                self._breaker.record(verdict)
                self._outage.hear(self._destination, verdict)
            self._record_what_is_left()

    def _attempt(self, envelopes: Sequence[Envelope]) -> Sequence[Verdict]:
        """Return the verdicts on the first ones of *envelopes*."""
        self._attempting = True
        try:
            if isinstance(self._deliverer, BatchDeliverer):
                return self._deliverer.deliver_batch(envelopes)
            return (self._deliverer.deliver(envelopes[0]),)
        except Exception as error:  # noqa: BLE001 - the thread's edge: others wrote the deliverer
            reason = f"the deliverer is broken: {type(error).__name__}"
            return (Verdict(outcome=Outcome.RETRY, reason=reason),)
        finally:
            self._attempting = False

    def _record_what_is_left(self) -> None:
        """Settle attempts; what the outbox does not take now is tried again before the next."""
        if self._unrecorded:
            self._outbox.settle(self._unrecorded)
            self._unrecorded = []


def report_of(reports: Sequence[DeliveryReport], destination: str) -> DeliveryReport:
    """Return the report on *destination*, an empty one where there is none yet."""
    found = (report for report in reports if report.destination == destination)
    return next(found, DeliveryReport(destination=destination))
