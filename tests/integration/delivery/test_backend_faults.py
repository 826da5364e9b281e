import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from floe.adapters.delivery.http import HttpDeliverer
from floe.adapters.delivery.sender import BackgroundSender
from floe.adapters.delivery.sqlite_outbox import SqliteOutbox
from floe.domain.model.delivery import Envelope
from floe.domain.use_cases.deliver import replay
from floe.testing.fault_server import FaultServer, Mode
from floe.testing.outbox import envelope

FLUSH_S = 1.5
EVENTS = 24
OUTAGES = [
    Mode.REFUSE,
    Mode.HANG,
    Mode.SERVER_ERROR,
    Mode.UNAVAILABLE,
    Mode.TOO_MANY,
    Mode.TOO_MANY_MUTE,
    Mode.UNAUTHORIZED,
    Mode.REDIRECT,
    Mode.RESET,
    Mode.FLAPPING,
    Mode.SLOW,
    Mode.DRIP,
    Mode.GARBAGE,
]


@pytest.fixture
def backend() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[SqliteOutbox]:
    box = SqliteOutbox(tmp_path / "state")
    yield box
    box.close()


def events() -> list[Envelope]:
    return [
        envelope(f'{{"number": "{number:02}", "padding": "{"x" * 500}"}}', key=str(number // 2))
        for number in range(EVENTS)
    ]


def run_of(outbox: SqliteOutbox, url: str) -> float:
    """Put as a run does and return the seconds that the thread of the run lost."""
    sender = BackgroundSender(outbox, {"backend": HttpDeliverer(url, timeout_s=3)})
    lost = 0.0
    for item in events():
        before = time.monotonic()
        outbox.put(item)
        sender.wake()
        lost += time.monotonic() - before
    before = time.monotonic()
    sender.close(FLUSH_S)
    return lost + time.monotonic() - before


@pytest.mark.parametrize("fault", OUTAGES)
def test_an_outage_costs_a_run_two_seconds_at_most_and_no_event(
    fault: Mode, backend: FaultServer, outbox: SqliteOutbox
) -> None:
    backend.mode = fault
    lost_s = run_of(outbox, backend.url)
    (during,) = outbox.reports()
    accepted = Counter(backend.bodies)
    backend.mode = Mode.OK
    time.sleep(0.3)  # a request that was under way when the run ended ends first
    later = BackgroundSender(outbox, {"backend": HttpDeliverer(backend.url)})
    replay(upkeep=outbox, sender=later, timeout_s=20)

    assert lost_s < FLUSH_S + 0.5
    assert during.delivered + during.waiting == EVENTS
    assert during.delivered <= sum(accepted.values()) <= during.delivered + 1
    assert Counter(backend.bodies) == Counter(item.body for item in events())
    assert backend.sign_ins == 0
    for key in range(EVENTS // 2):
        pair = [item.body for item in events() if item.key == str(key)]
        assert [body for body in backend.bodies if body in pair] == pair


def test_an_unknown_host_costs_no_event(outbox: SqliteOutbox) -> None:
    lost_s = run_of(outbox, "http://no-such-host.invalid/api/v1/lineage")

    assert lost_s < FLUSH_S + 0.5
    (report,) = outbox.reports()
    assert (report.waiting, report.delivered) == (EVENTS, 0)
    assert "no-such-host.invalid" in str(report.last_error)


def test_the_wait_that_a_backend_asks_for_is_kept_for_the_next_process(
    backend: FaultServer, outbox: SqliteOutbox
) -> None:
    backend.mode = Mode.TOO_MANY
    backend.retry_after = "120"
    run_of(outbox, backend.url)
    attempts = backend.attempts
    backend.mode = Mode.OK
    BackgroundSender(outbox, {"backend": HttpDeliverer(backend.url)}).close(0.5)

    assert attempts <= 16
    assert backend.attempts == attempts


def test_one_poisoned_event_is_put_aside_and_the_rest_arrives(
    backend: FaultServer, outbox: SqliteOutbox
) -> None:
    backend.mode = Mode.BAD_ONE
    for item in [*events(), envelope('"poison"', key="3")]:
        outbox.put(item)
    sender = BackgroundSender(outbox, {"backend": HttpDeliverer(backend.url)})
    (report,) = sender.close(20)

    assert (report.delivered, report.refused, report.waiting) == (EVENTS, 1, 0)
    (letter,) = outbox.dead_letters()
    assert letter.status == 400
    assert "no" in letter.reason


def test_a_backend_that_refuses_everything_does_not_get_everything(
    backend: FaultServer, outbox: SqliteOutbox
) -> None:
    backend.mode = Mode.BAD_ALL
    run_of(outbox, backend.url)

    assert backend.attempts == 20
    assert outbox.requeue() == 20


def test_a_repaired_token_delivers_what_waited(
    backend: FaultServer, outbox: SqliteOutbox, tmp_path: Path
) -> None:
    backend.mode = Mode.UNAUTHORIZED
    run_of(outbox, backend.url)
    assert backend.attempts == 1
    backend.mode = Mode.OK
    token = str(uuid4())
    good = HttpDeliverer(backend.url, credentials=lambda: {"Authorization": f"Bearer {token}"})
    BackgroundSender(outbox, {"backend": good}).close(20)

    assert {request.headers["Authorization"] for request in backend.received} == {f"Bearer {token}"}
    assert len(backend.received) == EVENTS
    stored = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(token.encode() in content for content in stored)
