from datetime import UTC, datetime

import pytest
from dagster._core.storage.tags import SCHEDULED_EXECUTION_TIME_TAG

from floe.adapters.dagster.invocation import tick_of


@pytest.mark.parametrize("told", ["2026-01-02T03:00:00+00:00", "2026-01-02T03:00:00"])
def test_the_tick_of_the_schedule_is_the_nominal_time_of_a_run(told: str) -> None:
    tags = {SCHEDULED_EXECUTION_TIME_TAG: told}

    assert tick_of(tags) == datetime(2026, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize("tags", [{}, {SCHEDULED_EXECUTION_TIME_TAG: "soon"}])
def test_a_run_without_a_schedule_has_none(tags: dict[str, str]) -> None:
    assert tick_of(tags) is None
