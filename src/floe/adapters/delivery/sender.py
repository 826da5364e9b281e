"""The sender that works in the background and never holds up who puts."""

import contextlib
import os
import time
import weakref
from collections.abc import Mapping

from floe.adapters.delivery.breaker import Breaker
from floe.adapters.delivery.lane import Lane, report_of
from floe.adapters.delivery.outage import UNANSWERED, Outage
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.errors import OutboxError
from floe.ports.deliverer import Deliverer
from floe.ports.outbox import Outbox

_STARTED: "weakref.WeakSet[BackgroundSender]" = weakref.WeakSet()


class BackgroundSender:
    """Drains *outbox* towards each of *deliverers*, which are named for their destination.

    Each destination has a thread of its own, so that a hanging one holds up no other. *backends*
    names the backend of a destination where that has several: its outage is told once. In the
    accounts, *delivered*, *refused* and *dropped* count since the first ``wake``, so they are
    those of a run; *waiting* is everything that waits.
    """

    def __init__(
        self,
        outbox: Outbox,
        deliverers: Mapping[str, Deliverer],
        backends: Mapping[str, str] | None = None,
    ) -> None:
        self._outbox = outbox
        self._deliverers = dict(deliverers)
        named = {
            destination: (backends or {}).get(destination, destination)
            for destination in deliverers
        }
        outages = {backend: Outage(backend) for backend in named.values()}
        self._lanes = {
            destination: Lane(
                outbox, destination, deliverer, Breaker(), outages[named[destination]]
            )
            for destination, deliverer in deliverers.items()
        }
        self._unanswered: set[str] = set()
        self._before: tuple[DeliveryReport, ...] | None = None
        self._closed: tuple[DeliveryReport, ...] | None = None
        _STARTED.add(self)

    def wake(self) -> None:
        """Wake every lane."""
        if self._before is None:
            self._before = self._read()
        for lane in self._lanes.values():
            lane.wake()

    def flush(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Wait for every lane, all within one *timeout_s*."""
        deadline = time.monotonic() + timeout_s
        self.wake()
        for lane in self._lanes.values():
            lane.wait_until_served(deadline)
        return self._account()

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Flush, stop the lanes and close the deliverers; a hanging request is left behind."""
        if self._closed is None:
            deadline = time.monotonic() + timeout_s
            for lane in self._lanes.values():
                lane.end_by(deadline)
            self.flush(timeout_s)
            for destination, lane in self._lanes.items():
                if not lane.stop(deadline):
                    self._unanswered.add(destination)
            for deliverer in self._deliverers.values():
                deliverer.close()
            self._closed = self._account()
        return self._closed

    def _read(self) -> tuple[DeliveryReport, ...]:
        with contextlib.suppress(OutboxError):
            return self._outbox.reports()
        return ()

    def _account(self) -> tuple[DeliveryReport, ...]:
        now = self._read()
        before = self._before or ()
        return tuple(
            self._with_reason(
                _difference(report_of(before, destination), report_of(now, destination))
            )
            for destination in self._lanes
        )

    def _with_reason(self, report: DeliveryReport) -> DeliveryReport:
        """Say why something waits where no attempt has ended yet."""
        if report.last_error is not None or report.destination not in self._unanswered:
            return report
        return report.model_copy(update={"last_error": UNANSWERED})

    def _forget(self) -> None:
        for lane in self._lanes.values():
            lane.forget()


def _difference(before: DeliveryReport, now: DeliveryReport) -> DeliveryReport:
    return now.model_copy(
        update={
            "delivered": max(0, now.delivered - before.delivered),
            "refused": max(0, now.refused - before.refused),
            "dropped": max(0, now.dropped - before.dropped),
        }
    )


def _start_anew_in_child() -> None:
    for sender in list(_STARTED):
        sender._forget()  # noqa: SLF001 - the same module


os.register_at_fork(after_in_child=_start_anew_in_child)
