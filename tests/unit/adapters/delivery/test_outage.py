"""The trouble of one backend is told once, whoever meets it."""

import logging
import threading

import pytest

from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.delivery.outage import UNANSWERED, Outage
from floe.adapters.delivery.sender import BackgroundSender
from floe.domain.model.delivery import Outcome, Verdict
from floe.testing.outbox import DELIVERED, envelope
from floe.testing.sender import ScriptedDeliverer

DOWN = Verdict(outcome=Outcome.RETRY, reason="otlp.example cannot be reached")


def test_several_destinations_are_one_outage(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "floe.delivery")
    outage = Outage("otlp")
    for destination, verdict in [
        ("traces", DOWN),
        ("metrics", DOWN),
        ("traces", DELIVERED),
        ("logs", DOWN),
        ("metrics", DELIVERED),
        ("logs", DELIVERED),
        ("traces", DOWN),
    ]:
        outage.hear(destination, verdict)

    assert caplog.messages == [
        "delivery to otlp: otlp.example cannot be reached",
        "delivery to otlp works again",
        "delivery to otlp: otlp.example cannot be reached",
    ]


def test_backends_do_not_hide_each_others_outage(caplog: pytest.LogCaptureFixture) -> None:
    outbox = MemoryOutbox()
    names = ("traces", "metrics", "lineage")
    for name in names:
        outbox.put(envelope(destination=name))
    deliverers = {name: ScriptedDeliverer(lambda _: DOWN) for name in names}
    BackgroundSender(outbox, deliverers, {"traces": "otlp", "metrics": "otlp"}).close(10)

    assert sorted(record.getMessage() for record in caplog.records) == [
        "delivery to lineage: otlp.example cannot be reached",
        "delivery to otlp: otlp.example cannot be reached",
    ]


def test_a_backend_that_has_not_answered_when_the_run_ends_is_told_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    over = threading.Event()

    def hang(_: object) -> Verdict:
        over.wait(60)
        return DELIVERED

    outbox = MemoryOutbox()
    outbox.put(envelope(destination="traces"))
    sender = BackgroundSender(outbox, {"traces": ScriptedDeliverer(hang)})
    (report,) = sender.close(0.05)
    over.set()

    assert (report.waiting, report.last_error) == (1, UNANSWERED)
    assert caplog.messages == [f"delivery to traces: {UNANSWERED}"]
