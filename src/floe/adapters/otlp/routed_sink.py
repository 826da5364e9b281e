"""Signals that leave in different ways: one over gRPC and another over HTTP, say."""

import time
from collections.abc import Mapping

from floe.adapters.otlp.sink import Dropped, Payload, Signal, Sink
from floe.domain.model.delivery import DeliveryReport


class RoutedSink:
    """Hands each payload to the one of *sinks* that is for its signal; without one it is left out.

    They are closed in the order given, each within the time that is left: put those first that
    lose what they cannot send. The others send all the while.
    """

    def __init__(self, sinks: Mapping[Signal, Sink]) -> None:
        self._by_signal = dict(sinks)
        self._sinks = tuple(dict.fromkeys(sinks.values()))

    def export(self, payload: Payload) -> None:
        """Hand *payload* over.

        Raises:
            TelemetryError: It could not be kept.
        """
        sink = self._by_signal.get(payload.signal)
        if sink is not None:
            sink.export(payload)

    def dropped(self) -> tuple[Dropped, ...]:
        """Return what any of them gave up since the last call."""
        return tuple(lost for sink in self._sinks for lost in sink.dropped())

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Close all within *timeout_s* seconds and return their accounts."""
        until = time.monotonic() + timeout_s
        return tuple(
            report
            for sink in self._sinks
            for report in sink.close(max(0.0, until - time.monotonic()))
        )
