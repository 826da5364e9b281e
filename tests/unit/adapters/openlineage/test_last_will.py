"""The end of a run that nobody ended."""

import json
from datetime import timedelta

from floe.adapters.openlineage.canonical import canonical
from floe.adapters.openlineage.last_will import stamped
from tests.fakes import NOON


def test_a_will_is_dated_and_otherwise_the_same_bytes() -> None:
    event = {"eventTime": "2026-01-02T12:00:00.000000Z", "b": {"z": "ü", "a": [1]}}
    later = {**event, "eventTime": "2026-01-02T12:00:30.000000Z"}

    found = stamped(canonical(event).encode(), NOON + timedelta(seconds=30))

    assert found == canonical(later).encode()
    assert json.loads(found)["eventTime"] == "2026-01-02T12:00:30.000000Z"
