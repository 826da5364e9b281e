"""From single spans to payloads: gathered for a moment, encoded beside the run, handed on."""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias
from uuid import uuid4

from floe.adapters.otlp.encoding import Encoder, points_in
from floe.adapters.otlp.measurements import DROPPED, Aggregator, Exemplar, Instrument
from floe.adapters.otlp.resource import floe_version
from floe.adapters.otlp.sink import Payload, Signal, Sink
from floe.adapters.otlp.span_record import LogRecord, SpanRecord
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.errors import TelemetryError
from floe.domain.model.tracing import AttributeValue

if TYPE_CHECKING:
    from google.protobuf.message import Message

_LOG = logging.getLogger("floe.telemetry")
_Record: TypeAlias = SpanRecord | LogRecord
BATCH = 512
"""Records in one payload: about half a megabyte, below the limit of every backend."""


class Exporter:
    """Gathers spans, log records and measurements, and exports them as OTLP payloads to *sink*.

    A payload leaves when *batch* records are there or the first is *delay_s* seconds old: what a
    killed process gathered since then is lost. At most *most_waiting* records are held; when
    there are more, the caller exports them itself, so that none is lost while the sink accepts.
    Metrics leave every *metric_interval_s* seconds and at the end; those of losses say *measured*,
    as all others do that the caller measures. Texts on spans and log records
    are cut to *longest_value* characters where it is given. The thread starts with the
    first record, and anew in a forked child, which leaves to its parent what that had gathered.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        resource: Mapping[str, AttributeValue],
        batch: int = BATCH,
        delay_s: float = 1.0,
        most_waiting: int = 16_384,
        metric_interval_s: float = 60.0,
        cumulative: bool = False,
        measured: Mapping[str, AttributeValue] | None = None,
        longest_value: int | None = None,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._sink = sink
        self._encoder = Encoder(resource, floe_version(), longest_value)
        self._batch = batch
        self._delay_s = delay_s
        self._most_waiting = most_waiting
        self._metric_interval_s = metric_interval_s
        self._cumulative = cumulative
        self._measured = dict(measured or {})
        self._clock_ns = clock_ns
        self._reports: tuple[DeliveryReport, ...] | None = None
        self._begin()

    def _begin(self) -> None:
        """Start from nothing: a new exporter, or the first use of one in a forked child."""
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._exporting = threading.Lock()
        self._waiting: deque[Callable[[], Iterable[_Record]]] = deque()
        self._made: list[_Record] = []
        self._pending: list[Payload] = []
        self._aggregator = Aggregator(self._clock_ns(), cumulative=self._cumulative)
        self._metrics_due = time.monotonic() + self._metric_interval_s
        self._thread: threading.Thread | None = None
        self._closing = False
        self._trouble: TelemetryError | None = None
        self._lost = 0
        self._origin = uuid4().hex
        self._payloads = 0

    def add(self, record: SpanRecord | LogRecord) -> None:
        """Take *record*.

        Raises:
            TelemetryError: There is no room left, and the sink takes nothing.
        """
        self.later(lambda: (record,))

    def later(self, make: Callable[[], Iterable[SpanRecord | LogRecord]]) -> None:
        """Take the records that *make* returns, which is asked once, on the exporting thread.

        It may measure, too. What it raises is the loss of what it was to make, no more.

        Raises:
            TelemetryError: There is no room left, and the sink takes nothing.
        """
        self._in_this_process()
        if len(self._waiting) >= self._most_waiting:
            self._make_room()
        with self._changed:
            self._waiting.append(make)
            if len(self._waiting) in {1, self._batch}:
                self._changed.notify()
            if self._thread is None and not self._closing:
                self._start_thread()
        if self._closing:
            self.flush()

    def offer(self, record: LogRecord) -> None:
        """Take *record* where there is room, else count it as lost; nothing is exported here.

        For what is said on any thread, perhaps by the sink itself in the middle of an export.
        """
        self._in_this_process()
        with self._changed:
            if len(self._waiting) >= self._most_waiting or self._closing:
                self._lost += 1
                return
            self._waiting.append(lambda: (record,))
            self._changed.notify()
            if self._thread is None:
                self._start_thread()

    def measure(
        self,
        instrument: Instrument,
        value: float,
        attributes: Mapping[str, AttributeValue],
        exemplar: Exemplar | None = None,
    ) -> None:
        """Take a measurement."""
        self._in_this_process()
        self._aggregator.measure(instrument, value, attributes, exemplar)

    def flush(self) -> None:
        """Export everything gathered, measurements too, on the calling thread.

        Raises:
            TelemetryError: The sink did not take a payload; it is still held.
        """
        self._in_this_process()
        with self._exporting:
            self._export_records()
            self._export_metrics()

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Flush, close the sink and return its account; a second call returns the same."""
        if self._reports is None:
            self._in_this_process()
            until = time.monotonic() + timeout_s
            self._stop_thread(timeout_s)
            self._flush_within(until - time.monotonic())
            reports = self._sink.close(max(0.0, until - time.monotonic()))
            self._reports = (*reports, *self._own_report())
        return self._reports

    def _flush_within(self, timeout_s: float) -> None:
        """Flush, but do not wait longer than that for a thread that hangs in the sink."""
        if not self._exporting.acquire(timeout=max(0.0, timeout_s)):
            self._trouble = TelemetryError("the sink hangs")
            return
        try:
            self._export_records()
            self._export_metrics()
        except TelemetryError as error:
            self._trouble = error
        finally:
            self._exporting.release()

    def _in_this_process(self) -> None:
        if self._pid != os.getpid():
            self._begin()

    def _make_room(self) -> None:
        try:
            self.flush()
        except TelemetryError:
            self._lost += 1
            what = {**self._measured, "signal": Signal.TRACES.value, "reason": "queue_full"}
            self.measure(DROPPED, 1, what)
            raise

    def _start_thread(self) -> None:
        self._thread = threading.Thread(target=self._work, name="floe-telemetry", daemon=True)
        self._thread.start()

    def _stop_thread(self, timeout_s: float) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _work(self) -> None:
        while not self._closing:
            with self._changed:
                self._changed.wait_for(self._has_work, self._metric_interval_s)
                self._changed.wait_for(self._is_full, self._delay_s)
            try:
                with self._exporting:
                    self._export_records()
                    if time.monotonic() >= self._metrics_due:
                        self._export_metrics()
            except TelemetryError as error:
                self._complain(error)

    def _has_work(self) -> bool:
        return self._closing or bool(self._waiting)

    def _is_full(self) -> bool:
        return self._closing or len(self._waiting) >= self._batch

    def _complain(self, error: TelemetryError) -> None:
        if self._trouble is None:
            _LOG.warning("telemetry is held back: %s", error)
        self._trouble = error

    def _export_records(self) -> None:
        self._export_pending()
        while batch := self._take():
            self._pending += self._payloads_of(batch)
            self._export_pending()

    def _export_metrics(self) -> None:
        self._metrics_due = time.monotonic() + self._metric_interval_s
        if self._aggregator.has_points:
            self._measure_losses()
            collected = self._aggregator.collect(self._clock_ns())
            message = self._encoder.metrics(collected)
            self._pending.append(self._payload(Signal.METRICS, message, points_in(collected)))
        self._export_pending()

    def _measure_losses(self) -> None:
        """Measure what the sink gave up: beside other metrics, where these are wanted at all."""
        for lost in self._sink.dropped():
            what = {**self._measured, "signal": lost.signal.value, "reason": lost.reason}
            self._aggregator.measure(DROPPED, lost.items, what)

    def _export_pending(self) -> None:
        while self._pending:
            self._sink.export(self._pending[0])
            del self._pending[0]

    def _take(self) -> list[_Record]:
        """Return the records of the next payload; those that are made later are made now."""
        while self._waiting and len(self._made) < self._batch:
            self._made += self._made_by(self._waiting.popleft())
        batch = self._made[: self._batch]
        del self._made[: self._batch]
        return batch

    def _made_by(self, make: Callable[[], Iterable[_Record]]) -> list[_Record]:
        try:
            return list(make())
        except Exception:  # noqa: BLE001 - the edge of a thread, which goes on with the next
            _LOG.debug("a record could not be made", exc_info=True)
            with self._changed:
                self._lost += 1
            return []

    def _payloads_of(self, batch: list[_Record]) -> Iterator[Payload]:
        spans = [record for record in batch if isinstance(record, SpanRecord)]
        logs = [record for record in batch if isinstance(record, LogRecord)]
        if spans:
            yield self._payload(Signal.TRACES, self._encoder.traces(spans), len(spans))
        if logs:
            yield self._payload(Signal.LOGS, self._encoder.logs(logs), len(logs))

    def _payload(self, signal: Signal, message: "Message", items: int) -> Payload:
        self._payloads += 1
        return Payload(signal, message, items, f"{self._origin}/{self._payloads}")

    def _own_report(self) -> Iterator[DeliveryReport]:
        """Yield the account of what never reached the sink."""
        gathered = len(self._waiting) + len(self._made)
        kept_back = self._lost + gathered + sum(item.items for item in self._pending)
        if kept_back:
            yield DeliveryReport(
                destination="telemetry", dropped=kept_back, last_error=str(self._trouble or "")
            )
