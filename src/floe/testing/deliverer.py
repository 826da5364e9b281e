"""What every deliverer promises."""

import json
import time
from collections.abc import Callable
from uuid import UUID

import pytest

from floe.domain.model.delivery import Outcome
from floe.ports.deliverer import Deliverer
from floe.testing.outbox import envelope


def event_body(name: str) -> bytes:
    """Return a small OpenLineage event of the job *name*."""
    event = {
        "eventTime": "2026-01-02T12:00:00Z",
        "eventType": "START",
        "job": {"facets": {}, "name": name, "namespace": "shop"},
        "producer": "https://example.com/producer",
        "run": {"facets": {}, "runId": str(UUID(int=7))},
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    }
    return json.dumps(event, ensure_ascii=False).encode()


class DelivererContract:
    """Apply to a deliverer by giving three fixtures."""

    @pytest.fixture
    def deliverer(self) -> Deliverer:
        """Return a deliverer whose destination takes everything."""
        raise NotImplementedError

    @pytest.fixture
    def received(self) -> Callable[[], list[bytes]]:
        """Return a way to see the bodies that the destination of ``deliverer`` has."""
        raise NotImplementedError

    @pytest.fixture
    def broken(self) -> Deliverer:
        """Return a deliverer whose destination takes nothing."""
        raise NotImplementedError

    def test_delivers_the_body_as_it_is(
        self, deliverer: Deliverer, received: Callable[[], list[bytes]]
    ) -> None:
        """One envelope, one payload, in order, and a repeat is a repeat."""
        bodies = [event_body(name) for name in ("a \u00e4", "b", "b")]
        verdicts = [deliverer.deliver(envelope(body.decode())) for body in bodies]

        assert {verdict.outcome for verdict in verdicts} == {Outcome.DELIVERED}
        assert received() == bodies

    def test_a_failure_is_a_verdict_with_a_reason(self, broken: Deliverer) -> None:
        """Nothing is raised, and nothing is held to be delivered."""
        started = time.monotonic()
        verdict = broken.deliver(envelope(event_body("lost").decode()))

        assert verdict.outcome in {Outcome.RETRY, Outcome.PAUSE}
        assert verdict.reason
        assert time.monotonic() - started < 10

    def test_can_be_closed_twice_and_used_again(
        self, deliverer: Deliverer, received: Callable[[], list[bytes]]
    ) -> None:
        """Closing lets go of connections, not of the ability to make new ones."""
        deliverer.deliver(envelope(event_body("before").decode()))
        deliverer.close()
        deliverer.close()

        verdict = deliverer.deliver(envelope(event_body("after").decode()))

        assert verdict.outcome is Outcome.DELIVERED
        assert received() == [event_body("before"), event_body("after")]
