"""What every outbox promises."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from floe.domain.model.delivery import Envelope, Outcome, PayloadKind, Verdict
from floe.ports.outbox import Outbox

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
DELIVERED = Verdict(outcome=Outcome.DELIVERED)
RETRY = Verdict(outcome=Outcome.RETRY, reason="not now")
REFUSED = Verdict(outcome=Outcome.REFUSED, reason="bad payload", status=400)


def envelope(
    text: str = "{}",
    *,
    key: str = "run-1",
    kind: PayloadKind = PayloadKind.LINEAGE_START,
    destination: str = "backend",
    created_at: datetime = NOON,
) -> Envelope:
    """Return an envelope, with every member that a test does not care about."""
    return Envelope(
        destination=destination, key=key, kind=kind, body=text.encode(), created_at=created_at
    )


class Clock:
    """A clock that stands still until it is told to move."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class OutboxContract:
    """Apply to an outbox by giving the fixture ``make``; it gets a clock and limits."""

    @pytest.fixture
    def make(self) -> Callable[..., Outbox]:
        """Return a way to make an empty outbox: ``clock``, ``chance``, ``max_events``."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> Clock:
        """Return the clock of ``outbox``."""
        return Clock()

    @pytest.fixture
    def outbox(self, make: Callable[..., Outbox], clock: Clock) -> Outbox:
        """Return an empty outbox whose waiting times are the longest possible."""
        return make(clock=clock, chance=lambda: 1.0)

    def test_gives_back_what_was_put_byte_for_byte(self, outbox: Outbox) -> None:
        """Bytes, type, key, kind and time survive."""
        whole = envelope().model_copy(
            update={"body": b"\x00\xff\n\xc3", "content_type": "application/x-protobuf"}
        )
        outbox.put(whole)

        assert outbox.claim("backend", 5) == (whole,)

    def test_keeps_the_same_envelope_once(self, outbox: Outbox) -> None:
        """A repeat is no second event, not even after the first was delivered."""
        outbox.put(envelope())
        outbox.put(envelope())
        (only,) = outbox.claim("backend", 5)
        outbox.settle([(only, DELIVERED)])
        outbox.put(envelope())

        assert outbox.claim("backend", 5) == ()

    def test_keeps_the_order_of_a_key(self, outbox: Outbox) -> None:
        """The next of a key is handed out when the one before is settled."""
        for number in range(3):
            outbox.put(envelope(str(number)))
        seen = []
        for _ in range(3):
            (head,) = outbox.claim("backend", 5)
            assert outbox.claim("backend", 5) == ()
            outbox.settle([(head, DELIVERED)])
            seen.append(head.body)

        assert seen == [b"0", b"1", b"2"]

    def test_hands_out_one_of_each_key_oldest_first(self, outbox: Outbox) -> None:
        """A stuck key holds up no other."""
        for number, key in enumerate("babc"):
            outbox.put(envelope(str(number), key=key))

        assert [item.key for item in outbox.claim("backend", 2)] == ["b", "a"]
        assert [item.key for item in outbox.claim("backend", 5)] == ["c"]

    def test_keeps_destinations_apart(self, outbox: Outbox) -> None:
        """The same payload for two destinations is two envelopes."""
        outbox.put(envelope())
        outbox.put(envelope(destination="other"))

        assert len(outbox.claim("backend", 5)) == 1
        assert len(outbox.claim("other", 5)) == 1

    def test_a_retry_waits_and_comes_again_unchanged(self, outbox: Outbox, clock: Clock) -> None:
        """Half a second at most after the first failure, a second after the next."""
        outbox.put(envelope())
        for wait_s in (0.5, 1.0, 2.0):
            (head,) = outbox.claim("backend", 5)
            outbox.settle([(head, RETRY)])
            clock.move(wait_s - 0.01)
            assert outbox.claim("backend", 5) == ()
            clock.move(0.02)

        assert outbox.claim("backend", 5) == (envelope(),)

    def test_retry_after_holds_back_the_whole_destination(
        self, outbox: Outbox, clock: Clock
    ) -> None:
        """A backend that asks for a minute gets a minute, from everyone."""
        outbox.put(envelope())
        outbox.put(envelope(key="run-2"))
        (head,) = outbox.claim("backend", 1)
        outbox.settle([(head, RETRY.model_copy(update={"retry_after_s": 60.0}))])
        clock.move(59)

        assert outbox.claim("backend", 5) == ()
        clock.move(2)
        assert len(outbox.claim("backend", 5)) == 2

    def test_a_pause_keeps_everything_ready(self, outbox: Outbox) -> None:
        """A wrong key must not cost an event, nor time once it is repaired."""
        outbox.put(envelope())
        (head,) = outbox.claim("backend", 5)
        outbox.settle([(head, Verdict(outcome=Outcome.PAUSE, reason="401"))])

        assert outbox.claim("backend", 5) == (head,)

    def test_a_refused_envelope_lets_the_next_pass(self, outbox: Outbox) -> None:
        """One poisoned event does not hold up its run."""
        outbox.put(envelope("bad"))
        outbox.put(envelope("good"))
        (head,) = outbox.claim("backend", 5)
        outbox.settle([(head, REFUSED)])

        assert [item.body for item in outbox.claim("backend", 5)] == [b"good"]
        (report,) = outbox.reports()
        assert (report.refused, report.waiting, report.last_error) == (1, 1, "bad payload")

    def test_what_is_not_claimed_cannot_be_settled(self, outbox: Outbox) -> None:
        """A verdict on something else changes nothing."""
        outbox.put(envelope())
        outbox.settle([(envelope(), DELIVERED), (envelope("unknown"), REFUSED)])
        outbox.settle([])

        assert outbox.claim("backend", 5) == (envelope(),)

    def test_released_envelopes_are_free_at_once(self, outbox: Outbox) -> None:
        """Nobody tried to send them, so there is nothing to wait for."""
        outbox.put(envelope())
        outbox.release(outbox.claim("backend", 5))

        assert outbox.claim("backend", 5) == (envelope(),)

    def test_nothing_is_handed_out_before_its_time(self, outbox: Outbox, clock: Clock) -> None:
        """And nothing of the same key overtakes it."""
        outbox.put(envelope("early"), not_before=clock.now + timedelta(seconds=3))
        outbox.put(envelope("late"))

        assert outbox.claim("backend", 5) == ()
        assert outbox.has_waiting("backend")
        clock.move(3)
        assert [item.body for item in outbox.claim("backend", 5)] == [b"early"]

    def test_a_waiting_envelope_can_be_replaced(self, outbox: Outbox, clock: Clock) -> None:
        """It keeps its place, is ready at once, and the old text does not come back."""
        old, new = envelope("old"), envelope("new")
        outbox.put(old, not_before=clock.now + timedelta(hours=1))
        outbox.put(envelope("next"))

        assert outbox.replace({old.envelope_id: new}) == 1
        outbox.put(old)
        assert outbox.claim("backend", 5) == (new,)
        outbox.settle([(new, DELIVERED)])
        assert [item.body for item in outbox.claim("backend", 5)] == [b"next"]

    @pytest.mark.parametrize("verdict", [None, RETRY, DELIVERED])
    def test_what_was_claimed_cannot_be_replaced(
        self, outbox: Outbox, verdict: Verdict | None
    ) -> None:
        """The destination may have it already."""
        outbox.put(envelope("old"))
        (head,) = outbox.claim("backend", 5)
        if verdict:
            outbox.settle([(head, verdict)])

        assert outbox.replace({head.envelope_id: envelope("new")}) == 0

    def test_what_is_unknown_cannot_be_replaced(self, outbox: Outbox) -> None:
        """Nothing appears out of nowhere."""
        assert outbox.replace({envelope().envelope_id: envelope("new")}) == 0
        assert not outbox.has_waiting("backend")

    def test_many_are_replaced_at_once_and_what_cannot_be_is_left_alone(
        self, outbox: Outbox
    ) -> None:
        """Each in its own line."""
        for key in "abc":
            outbox.put(envelope("old", key=key))
        (head,) = outbox.claim("backend", 1)
        better = {envelope("old", key=key).envelope_id: envelope("new", key=key) for key in "abc"}

        assert outbox.replace(better) == 2
        found = [head, *outbox.claim("backend", 5)]
        assert [item.body for item in found] == [b"old", b"new", b"new"]

    def test_the_account_adds_up(self, outbox: Outbox) -> None:
        """Delivered, waiting and refused are all that was put."""
        for key in "abcd":
            outbox.put(envelope(key=key))
        first, second, third = outbox.claim("backend", 3)
        outbox.settle([(first, DELIVERED), (second, REFUSED), (third, RETRY)])

        (report,) = outbox.reports()
        assert (report.delivered, report.waiting, report.refused) == (1, 2, 1)
        assert report.oldest_waiting == NOON
        assert not report.is_complete

    @pytest.mark.parametrize(
        ("kinds", "left"),
        [
            (["LINEAGE_START", "SPANS", "METRICS", "SPANS", "LINEAGE_END"], "024"),
            (["LOGS", "METRICS", "LINEAGE_OTHER", "LOGS"], "023"),
            (["LINEAGE_START", "LINEAGE_OTHER", "LINEAGE_END", "LINEAGE_END"], "023"),
            (["LINEAGE_START", "LINEAGE_START", "LINEAGE_END", "SPANS"], "012"),
        ],
    )
    def test_telemetry_goes_first_when_room_runs_out(
        self, make: Callable[..., Outbox], kinds: list[str], left: str
    ) -> None:
        """Spans before metrics, logs and other events, the oldest first, the newest included."""
        outbox = make(max_events=3)
        for number, kind in enumerate(kinds):
            outbox.put(envelope(str(number), key=str(number), kind=PayloadKind[kind]))

        assert "".join(item.body.decode() for item in outbox.claim("backend", 9)) == left
        assert outbox.reports()[0].dropped == len(kinds) - 3

    def test_the_oldest_run_goes_as_a_whole(self, make: Callable[..., Outbox]) -> None:
        """Half a run is worse than none, and the newest end is what matters most."""
        outbox = make(max_events=4)
        for key in "abc":
            outbox.put(envelope("start", key=key))
            outbox.put(envelope("end", key=key, kind=PayloadKind.LINEAGE_END))

        assert [item.key for item in outbox.claim("backend", 9)] == ["b", "c"]
        (report,) = outbox.reports()
        assert (report.dropped, report.waiting) == (2, 4)

    def test_a_closed_outbox_still_keeps_what_is_put(self, outbox: Outbox) -> None:
        """The last words of a run may come late."""
        outbox.put(envelope("before"))
        outbox.close()
        outbox.close()
        outbox.put(envelope("after", key="run-2"))

        assert len(outbox.claim("backend", 5)) == 2
