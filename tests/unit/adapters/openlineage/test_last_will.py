"""The end of a run that nobody ended."""

import json
from datetime import timedelta

from floe.adapters.openlineage.last_will import stamped
from floe.adapters.openlineage.serialization import event_bytes
from floe.domain.model.redaction import Redactor
from tests.fakes import NOON


def test_a_will_is_dated_and_otherwise_the_same_bytes() -> None:
    event = {"eventTime": "2026-01-02T12:00:00.000000Z", "b": {"z": "ü", "a": [1]}}
    later = {**event, "eventTime": "2026-01-02T12:00:30.000000Z"}

    found = stamped(event_bytes(event, Redactor()), NOON + timedelta(seconds=30))

    assert found == event_bytes(later, Redactor())
    assert json.loads(found)["eventTime"] == "2026-01-02T12:00:30.000000Z"
