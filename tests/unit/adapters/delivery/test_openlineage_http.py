import json
from collections.abc import Iterator

import pytest

from floe.adapters.delivery.http import HttpDeliverer
from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.delivery.openlineage_http import OpenLineageHttpDeliverer, batch_url
from floe.adapters.delivery.sender import BackgroundSender
from floe.domain.model.delivery import DeliveryReport, Envelope, Outcome, PayloadKind
from floe.testing.fault_server import FaultServer, Mode, canonical
from floe.testing.outbox import envelope


@pytest.fixture
def backend() -> Iterator[FaultServer]:
    with FaultServer(batches=True) as server:
        yield server


def event(name: str, key: str, kind: PayloadKind = PayloadKind.LINEAGE_START) -> Envelope:
    return envelope(canonical({"job": name}).decode(), key=key, kind=kind)


def events(*names: str) -> list[Envelope]:
    return [event(name, key=f"run-{number}") for number, name in enumerate(names)]


def deliverer_to(server: FaultServer) -> OpenLineageHttpDeliverer:
    return OpenLineageHttpDeliverer(HttpDeliverer(server.url, timeout_s=1))


def drained(server: FaultServer, waiting: list[Envelope]) -> DeliveryReport:
    outbox = MemoryOutbox(chance=lambda: 0.0)
    for item in waiting:
        outbox.put(item)
    (report,) = BackgroundSender(outbox, {"backend": deliverer_to(server)}).close(10)
    return report


def test_many_events_take_one_request_and_arrive_byte_for_byte(backend: FaultServer) -> None:
    waiting = events(*"abcdefgh")
    report = drained(backend, waiting)

    assert (report.delivered, backend.attempts, backend.batch_sizes) == (8, 1, [8])
    assert backend.bodies == [item.body for item in waiting]


def test_the_events_of_one_run_never_share_a_batch(backend: FaultServer) -> None:
    starts = events("a", "b", "c")
    ends = [event("z", item.key, PayloadKind.LINEAGE_END) for item in starts]
    report = drained(backend, [*starts, *ends])

    assert (report.delivered, backend.batch_sizes) == (6, [3, 3])
    assert backend.bodies == [item.body for item in (*starts, *ends)]


def test_the_verdict_on_each_event_of_a_batch_counts_for_it_alone(backend: FaultServer) -> None:
    verdicts = deliverer_to(backend).deliver_batch(events("a", "poison", "later", "d"))

    assert [verdict.outcome for verdict in verdicts] == [
        Outcome.DELIVERED,
        Outcome.REFUSED,
        Outcome.RETRY,
        Outcome.DELIVERED,
    ]


def test_a_backend_without_the_endpoint_is_asked_for_it_once() -> None:
    with FaultServer() as backend:
        deliverer = deliverer_to(backend)
        waiting = events("a", "b", "c")
        for number in range(3):
            (verdict,) = deliverer.deliver_batch(waiting[number:])
            assert verdict.outcome is Outcome.DELIVERED

        assert backend.attempts == 3
        assert backend.bodies == [item.body for item in waiting]


@pytest.mark.parametrize("text", [b"", b"{}", b"<html>", b'{"summary": {"failed": 1}}', b"[]"])
def test_another_kind_of_success_is_not_believed(text: bytes) -> None:
    with FaultServer(batches=True) as backend:
        backend.batch_answer = (200, text)
        waiting = events("a", "b")
        verdicts = deliverer_to(backend).deliver_batch(waiting)

        assert [verdict.outcome for verdict in verdicts] == [Outcome.DELIVERED]
        assert backend.bodies == [waiting[0].body]


@pytest.mark.parametrize(
    "told",
    [
        {"status": "success", "summary": {"received": 2, "successful": 2, "failed": 0}},
        {"status": "SUCCESS", "summary": {"failed": 0}, "failedEvents": []},
    ],
)
def test_an_account_of_no_failure_is_believed(told: object) -> None:
    with FaultServer(batches=True) as backend:
        backend.batch_answer = (200, json.dumps(told).encode())
        verdicts = deliverer_to(backend).deliver_batch(events("a", "b"))

        assert [verdict.outcome for verdict in verdicts] == [Outcome.DELIVERED] * 2


@pytest.mark.parametrize("status", [400, 404, 405, 422, 501])
def test_a_batch_that_is_not_taken_as_a_whole_is_sent_event_by_event(status: int) -> None:
    with FaultServer(batches=True) as backend:
        backend.batch_answer = (status, b"")
        report = drained(backend, events("a", "b", "c"))

        assert (report.delivered, report.refused) == (3, 0)


def test_a_batch_that_is_too_large_is_halved(backend: FaultServer) -> None:
    backend.largest_batch = 60
    report = drained(backend, events(*"abcdefgh"))

    assert report.delivered == 8
    assert max(backend.batch_sizes) > 1


def test_an_event_that_is_too_large_is_tried_with_less_in_it(backend: FaultServer) -> None:
    backend.largest_event = 30
    http = HttpDeliverer(backend.url)
    deliverer = OpenLineageHttpDeliverer(http, slimmed=lambda body, limit: body[:limit])

    assert deliverer.deliver(event("x" * 90, key="run")).outcome is Outcome.DELIVERED
    assert [len(body) for body in backend.bodies] == [25]
    assert backend.attempts == 3


def test_an_event_that_is_too_large_whatever_it_leaves_out_is_refused(
    backend: FaultServer,
) -> None:
    backend.largest_event = 0
    http = HttpDeliverer(backend.url)

    for slimmed in (None, lambda body, _: body, lambda _, __: b"{}"):
        verdict = OpenLineageHttpDeliverer(http, slimmed=slimmed).deliver(event("x", key="run"))
        assert (verdict.outcome, verdict.status) == (Outcome.REFUSED, 413)


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [
        (Mode.UNAUTHORIZED, Outcome.PAUSE),
        (Mode.UNAVAILABLE, Outcome.RETRY),
        (Mode.TOO_MANY, Outcome.RETRY),
        (Mode.RESET, Outcome.RETRY),
        (Mode.HANG, Outcome.RETRY),
    ],
)
def test_a_backend_in_trouble_keeps_every_event(
    backend: FaultServer, mode: Mode, outcome: Outcome
) -> None:
    backend.mode = mode
    deliverer = deliverer_to(backend)
    verdicts = deliverer.deliver_batch(events("a", "b", "c"))
    backend.mode = Mode.OK

    assert [verdict.outcome for verdict in verdicts] == [outcome] * 3
    assert len(deliverer.deliver_batch(events("a", "b", "c"))) == 3


def test_batches_that_fail_while_single_events_pass_are_given_up(backend: FaultServer) -> None:
    backend.batch_answer = (500, b"")
    deliverer = deliverer_to(backend)
    sizes = [len(deliverer.deliver_batch(events("a", "b"))) for _ in range(4)]

    assert sizes == [2, 2, 2, 1]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://host/api/v1/lineage", "https://host/api/v1/lineage/batch"),
        ("https://host/api/v1/lineage/?team=a", "https://host/api/v1/lineage/batch?team=a"),
        ("https://host/collect", None),
        ("https://host", None),
    ],
)
def test_the_endpoint_stands_beside_that_of_the_specification(
    url: str, expected: str | None
) -> None:
    assert batch_url(url) == expected
