import logging
import time
from collections.abc import Sequence
from threading import Event

import pytest

from floe.adapters.delivery import lane
from floe.adapters.delivery import sender as sender_module
from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.delivery.sender import BackgroundSender
from floe.domain.model.delivery import Envelope, Outcome, Verdict
from floe.domain.model.errors import OutboxError
from floe.testing.outbox import DELIVERED, envelope
from floe.testing.sender import ScriptedDeliverer


class SometimesLocked(MemoryOutbox):
    """An outbox that fails to record the first attempts, as one that another process holds."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    def settle(self, attempts: Sequence[tuple[Envelope, Verdict]]) -> None:
        self._fail()
        super().settle(attempts)

    def release(self, envelopes: Sequence[Envelope]) -> None:
        self._fail()
        super().release(envelopes)

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OutboxError("held by another process")


def test_what_could_not_be_recorded_is_recorded_later_and_not_sent_again() -> None:
    outbox = SometimesLocked(failures=2)
    backend = ScriptedDeliverer()
    for number in range(10):
        outbox.put(envelope(key=str(number)))
    sender = BackgroundSender(outbox, {"backend": backend})
    (report,) = sender.close(10)

    assert (report.delivered, report.waiting) == (10, 0)
    assert [item.key for item in backend.attempts] == [str(number) for number in range(10)]


class CountingSettlements(MemoryOutbox):
    """An outbox that remembers how many verdicts came at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.settled: list[int] = []

    def settle(self, attempts: Sequence[tuple[Envelope, Verdict]]) -> None:
        self.settled.append(len(attempts))
        super().settle(attempts)


class AllAtOnce(ScriptedDeliverer):
    """Takes whatever it is given in one go."""

    def deliver_batch(self, envelopes: Sequence[Envelope]) -> Sequence[Verdict]:
        return [self.deliver(envelope) for envelope in envelopes]


@pytest.mark.parametrize(
    ("backend", "settled"), [(AllAtOnce(), [30]), (ScriptedDeliverer(), [1] * 30)]
)
def test_what_one_request_delivers_is_recorded_in_one_go(
    backend: ScriptedDeliverer, settled: list[int]
) -> None:
    outbox = CountingSettlements()
    for number in range(30):
        outbox.put(envelope(key=str(number)))
    (report,) = BackgroundSender(outbox, {"backend": backend}).close(10)

    assert report.delivered == 30
    assert outbox.settled == settled


class CountingClaims(MemoryOutbox):
    """An outbox that remembers how many envelopes were claimed at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.claimed: list[int] = []
        self.has_settled = Event()

    def claim(self, destination: str, limit: int) -> tuple[Envelope, ...]:
        claimed = super().claim(destination, limit)
        self.claimed.append(len(claimed))
        return claimed

    def settle(self, attempts: Sequence[tuple[Envelope, Verdict]]) -> None:
        super().settle(attempts)
        self.has_settled.set()


def test_what_comes_bit_by_bit_is_claimed_together_and_at_once_where_somebody_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lane, "_GATHER_S", 60)
    outbox = CountingClaims()
    sender = BackgroundSender(outbox, {"backend": AllAtOnce()})
    outbox.put(envelope(key="0"))
    sender.wake()
    outbox.has_settled.wait(10)
    for key in ("1", "2"):
        outbox.put(envelope(key=key))
        sender.wake()
    (report,) = sender.close(10)

    assert report.delivered == 3
    assert outbox.claimed[:2] == [1, 2]


def test_an_outbox_that_stays_out_of_reach_is_not_waited_for_nor_blamed_on_the_backend(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outbox = SometimesLocked(failures=10_000)
    outbox.put(envelope())
    sender = BackgroundSender(outbox, {"backend": ScriptedDeliverer()})
    started = time.monotonic()
    sender.close(60)

    assert time.monotonic() - started < 30
    assert caplog.records == []


def test_an_outage_is_told_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "floe.delivery")
    down = Verdict(outcome=Outcome.RETRY, reason="backend.example cannot be reached")
    answers = iter([down] * 4 + [DELIVERED] * 9)
    outbox = MemoryOutbox(chance=lambda: 0.0)
    for number in range(6):
        outbox.put(envelope(key=str(number)))
    BackgroundSender(outbox, {"backend": ScriptedDeliverer(lambda _: next(answers))}).close(10)

    told = [(record.levelname, record.message) for record in caplog.records]
    assert told == [
        ("WARNING", "delivery to backend: backend.example cannot be reached"),
        ("INFO", "delivery to backend works again"),
    ]


def test_no_thread_starts_before_something_is_put() -> None:
    import threading

    before = threading.active_count()
    sender = BackgroundSender(MemoryOutbox(), {"backend": ScriptedDeliverer()})

    assert threading.active_count() == before
    sender.close(1)


class Clock:
    """Goes on only when somebody says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


class TakingLong(ScriptedDeliverer):
    """Takes four tenths of a second for each event."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def deliver(self, envelope: Envelope) -> Verdict:
        self._clock.now += 0.4
        return super().deliver(envelope)


def test_nothing_is_begun_at_the_end_that_would_not_be_answered_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, outbox = Clock(), MemoryOutbox()
    monkeypatch.setattr(lane, "time", clock)
    monkeypatch.setattr(sender_module, "time", clock)
    backend = TakingLong(clock)
    for number in range(10):
        outbox.put(envelope(key=str(number)))

    (report,) = BackgroundSender(outbox, {"backend": backend}).close(1.5)

    assert clock.now <= 1.5
    assert len(backend.attempts) == report.delivered == 3
    assert report.waiting == 7
