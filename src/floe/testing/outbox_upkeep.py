"""What every outbox promises to those who look after it."""

from datetime import timedelta
from typing import Protocol

import pytest

from floe.ports.outbox import Outbox
from floe.ports.outbox_upkeep import OutboxUpkeep
from floe.testing.outbox import DELIVERED, NOON, REFUSED, RETRY, envelope


class Store(Outbox, OutboxUpkeep, Protocol):
    """An outbox with its upkeep: one object serves both."""


class OutboxUpkeepContract:
    """Apply to an outbox by giving the fixture ``store``: an empty one."""

    @pytest.fixture
    def store(self) -> Store:
        """Return an empty outbox."""
        raise NotImplementedError

    def test_looking_at_it_changes_nothing(self, store: Store) -> None:
        """Neither before anything was put nor after."""
        store.examine()
        assert store.reports() == ()
        store.put(envelope())
        store.examine()

        assert store.pending() == (envelope(),)

    def test_shows_what_waits_claimed_or_not(self, store: Store) -> None:
        """Oldest first, of one destination or of all, no more than asked for."""
        for key in "abc":
            store.put(envelope(key=key))
        store.put(envelope(destination="other"))
        store.claim("backend", 1)

        assert [item.key for item in store.pending("backend", 2)] == ["a", "b"]
        assert len(store.pending()) == 4

    def test_expedited_envelopes_are_ready_at_once(self, store: Store) -> None:
        """Whatever they were waiting for, the destination's own wish included."""
        store.put(envelope())
        (head,) = store.claim("backend", 1)
        store.settle([(head, RETRY.model_copy(update={"retry_after_s": 200.0}))])
        assert store.claim("backend", 1) == ()

        store.expedite("other")
        assert store.claim("backend", 1) == ()
        store.expedite()
        assert store.claim("backend", 1) == (head,)

    def test_refused_envelopes_are_kept_with_the_reason(self, store: Store) -> None:
        """The latest first, byte for byte."""
        for key in "ab":
            store.put(envelope(key=key))
            store.settle([(store.claim("backend", 1)[0], REFUSED)])

        letters = store.dead_letters()
        assert [letter.envelope for letter in letters] == [envelope(key="b"), envelope(key="a")]
        assert {(letter.reason, letter.status) for letter in letters} == {("bad payload", 400)}
        assert store.dead_letters("other") == ()
        assert len(store.dead_letters(limit=1)) == 1

    def test_a_refused_envelope_can_be_sent_again(self, store: Store) -> None:
        """One by its id, or all of them."""
        for key in "abc":
            store.put(envelope(key=key))
            store.settle([(store.claim("backend", 1)[0], REFUSED)])

        assert store.requeue(envelope(key="b").envelope_id) == 1
        assert store.requeue("unknown") == 0
        assert [item.key for item in store.claim("backend", 9)] == ["b"]
        assert store.requeue() == 2
        assert [item.key for item in store.claim("backend", 9)] == ["a", "c"]

    def test_a_refused_envelope_does_not_come_back_by_a_repeat(self, store: Store) -> None:
        """Only an operator sends it again."""
        store.put(envelope())
        store.settle([(store.claim("backend", 1)[0], REFUSED)])
        store.put(envelope())

        assert store.claim("backend", 1) == ()

    def test_purged_letters_are_gone(self, store: Store) -> None:
        """What waits is not touched."""
        for key in "ab":
            store.put(envelope(key=key))
            store.settle([(store.claim("backend", 1)[0], REFUSED)])
        store.put(envelope(key="c"))

        assert store.purge(envelope(key="a").envelope_id) == 1
        assert store.purge() == 1
        assert store.dead_letters() == ()
        assert store.has_waiting("backend")

    def test_pruning_drops_runs_that_are_old_and_counts_them(self, store: Store) -> None:
        """But not what is being sent, nor half of a run."""
        day = timedelta(days=1)
        for age, key in enumerate("abcd"):
            store.put(envelope(key=key, created_at=NOON - age * day))
        sending = store.claim("backend", 2)
        store.put(envelope(key="e", created_at=NOON - 9 * day))
        store.put(envelope("start", key="f", created_at=NOON - 9 * day))
        store.put(envelope("end", key="f"))

        assert store.prune(waiting=None, refused=NOON - day / 2) == 0
        assert store.prune(waiting=NOON - day / 2, refused=None) == 3
        store.settle([(sending[0], DELIVERED)])
        store.settle([(sending[1], DELIVERED)])
        (report,) = store.reports()
        assert (report.delivered, report.waiting, report.dropped) == (2, 2, 3)

    def test_pruning_drops_what_was_refused_long_ago(self, store: Store) -> None:
        """What counts is when it was refused, not when it was made."""
        store.put(envelope(created_at=NOON - timedelta(days=100)))
        store.settle([(store.claim("backend", 1)[0], REFUSED)])
        (letter,) = store.dead_letters()

        assert store.prune(waiting=None, refused=letter.refused_at) == 0
        assert store.prune(waiting=None, refused=letter.refused_at + timedelta(seconds=1)) == 1
        (report,) = store.reports()
        assert (report.refused, report.dropped) == (0, 1)

    def test_tells_how_much_room_it_takes(self, store: Store) -> None:
        """At least the payloads."""
        store.put(envelope("x" * 10_000))

        assert store.size_bytes() >= 10_000
