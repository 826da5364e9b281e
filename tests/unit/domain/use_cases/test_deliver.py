from datetime import datetime, timedelta

import pytest

from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.domain.model.delivery import DeliveryReport, Envelope
from floe.domain.use_cases import deliver
from floe.testing.outbox import DELIVERED, NOON, REFUSED, RETRY, envelope
from floe.testing.outbox_upkeep import Store


class RecordingSender:
    """Takes what is ready and remembers it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.sent: list[bytes] = []

    def wake(self) -> None:
        """Do nothing: the work is done at the end."""

    def flush(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Deliver everything that is ready."""
        assert timeout_s > 0
        while claimed := self._store.claim("backend", 9):
            for item in claimed:
                self._store.settle([(item, DELIVERED)])
                self.sent.append(item.body)
        return self._store.reports()

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Flush."""
        return self.flush(timeout_s)


@pytest.fixture
def store() -> Store:
    return MemoryOutbox(clock=lambda: NOON, chance=lambda: 1.0)


def test_a_replay_does_not_wait_for_the_next_attempt(store: Store) -> None:
    store.put(envelope())
    (head,) = store.claim("backend", 1)
    store.settle([(head, RETRY)])
    sender = RecordingSender(store)

    assert sender.flush(1)[0].waiting == 1
    (report,) = deliver.replay(upkeep=store, sender=sender, timeout_s=1)
    assert (report.delivered, sender.sent) == (1, [b"{}"])


class OutboxOfTheDead(MemoryOutbox):
    """An outbox in which a process left a will."""

    def wills_of_the_dead(self) -> tuple[Envelope, ...]:
        """Return the will."""
        return (envelope("ended"),)


def test_recovery_dates_the_end_of_a_run_with_the_moment_it_was_noticed() -> None:
    later = NOON + timedelta(hours=3)
    outbox = OutboxOfTheDead()

    def stamp(body: bytes, moment: datetime) -> bytes:
        return body + moment.isoformat().encode()

    assert deliver.recover(outbox=outbox, stamp=stamp, now=lambda: later) == 1
    (kept,) = outbox.pending()
    assert kept.body == b"ended" + later.isoformat().encode()
    assert kept.created_at == later


def test_a_will_may_be_sent_as_it_was_written() -> None:
    outbox = OutboxOfTheDead()
    deliver.recover(outbox=outbox)

    assert [item.body for item in outbox.pending()] == [b"ended"]


def test_the_status_and_the_contents_tell_the_same_story(store: Store) -> None:
    for key in "ab":
        store.put(envelope(key=key))
    store.settle([(store.claim("backend", 1)[0], REFUSED)])
    status = deliver.status(outbox=store, upkeep=store)
    contents = deliver.show(upkeep=store)

    assert not status.is_complete
    assert [(report.waiting, report.refused) for report in status.reports] == [(1, 1)]
    assert [item.key for item in contents.waiting] == ["b"]
    assert [letter.envelope.key for letter in contents.refused] == ["a"]
    assert deliver.requeue(upkeep=store) == 1
    assert deliver.purge(upkeep=store) == 0


def test_pruning_counts_back_from_now(store: Store) -> None:
    store.put(envelope(key="old", created_at=NOON - timedelta(days=8)))
    store.put(envelope(key="new"))

    week = timedelta(days=7)
    assert deliver.prune(upkeep=store, waiting=None, refused=week, now=lambda: NOON) == 0
    assert deliver.prune(upkeep=store, waiting=week, refused=None, now=lambda: NOON) == 1
    assert [item.key for item in store.pending()] == ["new"]
