"""What every sender promises."""

import threading
import time
from collections.abc import Callable, Mapping

import pytest

from floe.domain.model.delivery import Envelope, Outcome, Verdict
from floe.ports.deliverer import Deliverer
from floe.ports.outbox import Outbox
from floe.ports.sender import Sender
from floe.testing.outbox import DELIVERED, envelope


class ScriptedDeliverer:
    """Answers as *answer* says and keeps what it was given in ``attempts``."""

    def __init__(self, answer: Callable[[Envelope], Verdict] = lambda _: DELIVERED) -> None:
        self.answer = answer
        self.attempts: list[Envelope] = []
        self.closed = False

    def deliver(self, envelope: Envelope) -> Verdict:
        """Record *envelope* and answer."""
        self.attempts.append(envelope)
        return self.answer(envelope)

    def close(self) -> None:
        """Remember it."""
        self.closed = True


class SenderContract:
    """Apply to a sender by giving ``make`` and ``outbox``."""

    @pytest.fixture
    def make(self) -> Callable[[Outbox, Mapping[str, Deliverer]], Sender]:
        """Return a way to make a sender."""
        raise NotImplementedError

    @pytest.fixture
    def outbox(self) -> Outbox:
        """Return an empty outbox."""
        raise NotImplementedError

    def test_everything_arrives_once_and_in_order(
        self, make: Callable[[Outbox, Mapping[str, Deliverer]], Sender], outbox: Outbox
    ) -> None:
        """Order holds within a key."""
        backend = ScriptedDeliverer()
        sender = make(outbox, {"backend": backend})
        for number in range(40):
            outbox.put(envelope(f"{number:02}", key=str(number % 4)))
            sender.wake()

        (report,) = sender.close(20)
        assert (report.delivered, report.waiting) == (40, 0)
        for key in "0123":
            bodies = [item.body for item in backend.attempts if item.key == key]
            assert bodies == sorted(bodies)
            assert len(bodies) == 10

    def test_waking_returns_at_once_while_a_backend_hangs(
        self, make: Callable[[Outbox, Mapping[str, Deliverer]], Sender], outbox: Outbox
    ) -> None:
        """And neither does flushing wait longer than it may, nor is another one held up."""
        hanging = threading.Event()
        late = Verdict(outcome=Outcome.RETRY, reason="never woken")
        backend = ScriptedDeliverer(lambda _: DELIVERED if hanging.wait(20) else late)
        other = ScriptedDeliverer()
        sender = make(outbox, {"backend": backend, "other": other})
        outbox.put(envelope())
        outbox.put(envelope(destination="other"))
        started = time.monotonic()
        sender.wake()
        assert time.monotonic() - started < 0.5
        reports = {report.destination: report for report in sender.flush(0.5)}
        assert time.monotonic() - started < 1.5
        hanging.set()

        assert reports["backend"].waiting == 1
        assert reports["other"].delivered == 1
        assert sender.close(10)[0].delivered == 1

    def test_a_destination_out_of_reach_is_not_waited_for(
        self, make: Callable[[Outbox, Mapping[str, Deliverer]], Sender], outbox: Outbox
    ) -> None:
        """After a few failures in a row the wait at the end is over before it begins."""
        backend = ScriptedDeliverer(lambda _: Verdict(outcome=Outcome.RETRY, reason="down"))
        sender = make(outbox, {"backend": backend})
        for number in range(20):
            outbox.put(envelope(key=str(number)))
        sender.flush(5)
        started = time.monotonic()
        (report,) = sender.close(5)

        assert time.monotonic() - started < 1
        assert (report.waiting, report.last_error) == (20, "down")
        assert len(backend.attempts) < 20

    def test_a_wrong_address_is_tried_once(
        self, make: Callable[[Outbox, Mapping[str, Deliverer]], Sender], outbox: Outbox
    ) -> None:
        """A destination that is misconfigured gets no hail of requests."""
        backend = ScriptedDeliverer(lambda _: Verdict(outcome=Outcome.PAUSE, reason="401"))
        sender = make(outbox, {"backend": backend})
        for number in range(5):
            outbox.put(envelope(key=str(number)))
        (report,) = sender.close(5)

        assert len(backend.attempts) == 1
        assert report.waiting == 5

    def test_one_refused_payload_is_put_aside(
        self, make: Callable[[Outbox, Mapping[str, Deliverer]], Sender], outbox: Outbox
    ) -> None:
        """All others arrive, those of the same key too."""
        refused = Verdict(outcome=Outcome.REFUSED, reason="bad", status=400)
        backend = ScriptedDeliverer(lambda item: refused if item.body == b"3" else DELIVERED)
        sender = make(outbox, {"backend": backend})
        for number in range(6):
            outbox.put(envelope(str(number)))
        (report,) = sender.close(10)

        assert (report.delivered, report.refused, report.waiting) == (5, 1, 0)

    def test_what_fails_for_a_moment_arrives_after_all(
        self, make: Callable[[Outbox, Mapping[str, Deliverer]], Sender], outbox: Outbox
    ) -> None:
        """With the same bytes."""
        answers = iter([Verdict(outcome=Outcome.RETRY, reason="a moment"), DELIVERED])
        backend = ScriptedDeliverer(lambda _: next(answers))
        sender = make(outbox, {"backend": backend})
        outbox.put(envelope())
        (report,) = sender.close(10)

        assert report.delivered == 1
        assert backend.attempts == [envelope(), envelope()]

    def test_closing_twice_gives_the_same_account(
        self, make: Callable[[Outbox, Mapping[str, Deliverer]], Sender], outbox: Outbox
    ) -> None:
        """And lets go of the deliverers."""
        backend = ScriptedDeliverer()
        sender = make(outbox, {"backend": backend})
        outbox.put(envelope())
        account = sender.close(10)

        assert sender.close(10) == account
        assert backend.closed

    def test_a_deliverer_that_raises_costs_nothing(
        self, make: Callable[[Outbox, Mapping[str, Deliverer]], Sender], outbox: Outbox
    ) -> None:
        """Others wrote it: what it raises is a failed attempt."""
        backend = ScriptedDeliverer()

        def answer(_: Envelope) -> Verdict:
            if len(backend.attempts) == 1:
                raise ValueError("a bug")
            return DELIVERED

        backend.answer = answer
        sender = make(outbox, {"backend": backend})
        outbox.put(envelope())
        (report,) = sender.close(10)

        assert report.delivered == 1
