"""Telemetry that waits with the lineage until its backend has it."""

from collections.abc import Callable, Mapping
from datetime import datetime

from floe.adapters.otlp.sink import Dropped, Payload, Signal
from floe.domain.model.delivery import DeliveryReport, Envelope, PayloadKind
from floe.domain.model.errors import OutboxError, TelemetryError
from floe.domain.model.value import utc_now
from floe.ports.outbox import Outbox
from floe.ports.sender import Sender

CONTENT_TYPE = "application/x-protobuf"
_KINDS = {
    Signal.TRACES: PayloadKind.SPANS,
    Signal.METRICS: PayloadKind.METRICS,
    Signal.LOGS: PayloadKind.LOGS,
}


class OutboxSink:
    """Puts payloads (OTLP/HTTP, binary protobuf) into *outbox* and wakes *sender*.

    *destinations* names the destination of each signal: one each, so that a backend without a
    logs endpoint does not hold up the traces. Payloads have keys of their own: none waits for
    another. *sender* drains these destinations and no others; it is closed with the sink.
    """

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        destinations: Mapping[Signal, str],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._outbox = outbox
        self._sender = sender
        self._destinations = dict(destinations)
        self._clock = clock

    def export(self, payload: Payload) -> None:
        """Keep *payload*; a signal without a destination is left out.

        Raises:
            TelemetryError: The outbox could not keep it.
        """
        destination = self._destinations.get(payload.signal)
        if destination is None:
            return
        envelope = Envelope(
            destination=destination,
            key=payload.key,
            kind=_KINDS[payload.signal],
            content_type=CONTENT_TYPE,
            body=payload.message.SerializeToString(),
            created_at=self._clock(),
        )
        try:
            self._outbox.put(envelope)
        except OutboxError as error:
            raise TelemetryError(*error.problems) from error
        self._sender.wake()

    def dropped(self) -> tuple[Dropped, ...]:
        """Return nothing: what was put is delivered or still waits."""
        return ()

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Let the sender deliver for *timeout_s* seconds; the rest waits for the next one."""
        own = set(self._destinations.values())
        return tuple(
            report for report in self._sender.close(timeout_s) if report.destination in own
        )
