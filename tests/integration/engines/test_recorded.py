"""The reference tells of every way to sign in that this run signed in by, and of no other."""

import pytest

from tests.integration.engines.connected import Connected

pytestmark = pytest.mark.engine


def test_what_is_recorded_of_a_target_is_what_was_seen(connected: Connected) -> None:
    if not connected.seen:
        pytest.skip("no engine ran in this session")

    assert connected.is_recording or connected.unseen() == set()
