from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.delivery.verdicts import retry_after_s, verdict_on
from floe.domain.model.delivery import Outcome

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
URL = "https://marquez.example:5000/api/v1/lineage"


@pytest.mark.parametrize(
    ("outcome", "statuses"),
    [
        (Outcome.DELIVERED, [200, 201, 202, 204, 409]),
        (Outcome.PAUSE, [301, 302, 303, 307, 308, 401, 402, 403, 404, 405, 407]),
        (Outcome.REFUSED, [400, 406, 411, 413, 415, 422, 451]),
        (Outcome.RETRY, [408, 425, 429, 500, 501, 502, 503, 504, 599]),
    ],
)
def test_each_status_has_its_verdict(outcome: Outcome, statuses: list[int]) -> None:
    verdicts = {status: verdict_on(status, {}, "", URL, NOW) for status in statuses}

    assert {status: verdict.outcome for status, verdict in verdicts.items()} == dict.fromkeys(
        statuses, outcome
    )
    assert all(verdict.status == status for status, verdict in verdicts.items())


@given(st.integers(100, 999))
def test_what_is_not_delivered_has_a_reason_that_names_the_host(status: int) -> None:
    verdict = verdict_on(status, {}, "", URL, NOW)

    assert verdict.outcome is Outcome.DELIVERED or "marquez.example:5000" in verdict.reason


def test_a_redirect_names_where_it_leads() -> None:
    headers = {"location": "https://login.example/sign-in?next=secret"}
    reason = verdict_on(302, headers, "", URL, NOW).reason

    assert "login.example" in reason
    assert "secret" not in reason


def test_the_words_of_a_refusal_are_quoted_without_control_characters() -> None:
    reason = verdict_on(422, {}, "\x1b]0;owned\x07 run.runId is no UUID\n" + "x" * 9999, URL, NOW)

    assert "run.runId is no UUID" in reason.reason
    assert "\x1b" not in reason.reason
    assert len(reason.reason) < 500


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_heard(status: int) -> None:
    assert verdict_on(status, {"retry-after": "7"}, "", URL, NOW).retry_after_s == 7


def test_retry_after_may_be_a_date() -> None:
    soon = NOW + timedelta(seconds=90)

    assert retry_after_s(format_datetime(soon, usegmt=True), NOW) == 90
    assert retry_after_s("Fri, 02 Jan 2026 12:01:30 -0000", NOW) == 90


@pytest.mark.parametrize(
    "value", ["", "-5", "soon", "1.5", "٣", "Fri, 02 Jan 2020 12:00:00 GMT", "0x10", "nan"]
)
def test_garbage_and_the_past_say_nothing(value: str) -> None:
    assert retry_after_s(value, NOW) is None


@given(st.text())
def test_no_header_breaks_the_verdict(value: str) -> None:
    seconds = retry_after_s(value, NOW)

    assert seconds is None or seconds >= 0
