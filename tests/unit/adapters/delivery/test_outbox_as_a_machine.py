"""Any order of puts, repeats, claims, verdicts, crashes and reopenings keeps the promises."""

import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from floe.adapters.delivery.sqlite_outbox import SqliteOutbox
from floe.domain.model.delivery import Envelope, Outcome, PayloadKind, Verdict
from floe.testing.outbox import Clock, envelope

MAX_EVENTS = 12
KEYS = st.sampled_from(["a", "b", "c"])


class OutboxMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="floe-outbox-"))
        self.clock = Clock()
        self.outbox = self.opened()
        self.put_order: dict[str, list[bytes]] = defaultdict(list)
        self.known: list[Envelope] = []
        self.held: list[Envelope] = []
        self.exempt = 0  # requeued by hand, or in the hands of a process that died
        self.delivered: list[Envelope] = []

    def opened(self) -> SqliteOutbox:
        return SqliteOutbox(
            self.directory / "state", max_events=MAX_EVENTS, clock=self.clock, chance=lambda: 0.5
        )

    @rule(key=KEYS, kind=st.sampled_from(PayloadKind))
    def put(self, key: str, kind: PayloadKind) -> None:
        item = envelope(str(len(self.known)), key=key, kind=kind)
        self.outbox.put(item)
        self.known.append(item)
        self.put_order[key].append(item.body)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def put_again(self, data: st.DataObject) -> None:
        gone = self.dropped_bodies()
        known = [item for item in self.known if item.body not in gone]
        if known:
            self.outbox.put(data.draw(st.sampled_from(known)))

    @rule(limit=st.integers(1, 4))
    def claim(self, limit: int) -> None:
        claimed = self.outbox.claim("backend", limit)
        keys = [item.key for item in [*self.held, *claimed]]
        assert len(keys) == len(set(keys))
        self.held += claimed

    @precondition(lambda self: self.held)
    @rule(data=st.data(), outcome=st.sampled_from(Outcome))
    def settle(self, data: st.DataObject, outcome: Outcome) -> None:
        item = data.draw(st.sampled_from(self.held))
        self.held.remove(item)
        self.outbox.settle([(item, Verdict(outcome=outcome, reason="because"))])
        if outcome is Outcome.DELIVERED:
            self.delivered.append(item)

    @precondition(lambda self: self.held)
    @rule()
    def release(self) -> None:
        self.outbox.release(self.held)
        self.held = []

    @rule(seconds=st.floats(0, 100))
    def wait(self, seconds: float) -> None:
        self.clock.move(seconds)

    @rule()
    def crash(self) -> None:
        """Another process opens the outbox; what this one had claimed is free again."""
        self.outbox.close()
        self.outbox = self.opened()
        self.exempt += len(self.held)
        self.held = []

    @rule()
    def requeue(self) -> None:
        for letter in reversed(self.outbox.dead_letters(limit=1000)):
            order = self.put_order[letter.envelope.key]
            order.remove(letter.envelope.body)
            order.append(letter.envelope.body)
        self.exempt += self.outbox.requeue()

    def dropped_bodies(self) -> set[bytes]:
        kept = {item.body for item in self.outbox.pending(limit=1000)}
        kept |= {letter.envelope.body for letter in self.outbox.dead_letters(limit=1000)}
        kept |= {item.body for item in self.delivered}
        return {item.body for item in self.known} - kept

    @invariant()
    def every_envelope_is_accounted_for(self) -> None:
        reports = self.outbox.reports()
        counted = sum(
            item.delivered + item.waiting + item.refused + item.dropped for item in reports
        )
        assert counted == len(self.known)
        assert sum(item.dropped for item in reports) == len(self.dropped_bodies())
        assert sum(item.delivered for item in reports) == len(self.delivered)

    @invariant()
    def nothing_is_delivered_twice_or_changed(self) -> None:
        assert len({item.body for item in self.delivered}) == len(self.delivered)
        assert all(item in self.known for item in self.outbox.pending(limit=1000))

    @invariant()
    def what_waits_keeps_the_order_of_its_key(self) -> None:
        for key, order in self.put_order.items():
            waiting = [item.body for item in self.outbox.pending(limit=1000) if item.key == key]
            assert waiting == [body for body in order if body in waiting]

    @invariant()
    def the_number_of_waiting_envelopes_is_bounded(self) -> None:
        assert len(self.outbox.pending(limit=1000)) <= MAX_EVENTS + self.exempt + len(self.held)

    def teardown(self) -> None:
        self.outbox.close()
        shutil.rmtree(self.directory)


TestOutboxMachine = OutboxMachine.TestCase
TestOutboxMachine.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
