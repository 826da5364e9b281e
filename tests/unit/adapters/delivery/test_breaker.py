import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.delivery.breaker import Breaker
from floe.domain.model.delivery import Outcome, Verdict
from floe.domain.model.retry import retry_delay_s


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def told(breaker: Breaker, *outcomes: Outcome) -> None:
    for outcome in outcomes:
        breaker.record(Verdict(outcome=outcome))


def test_five_failures_in_a_row_are_enough() -> None:
    breaker = Breaker(Seconds())
    told(breaker, *[Outcome.RETRY] * 4)
    assert not breaker.is_open
    told(breaker, Outcome.DELIVERED, *[Outcome.RETRY] * 4)
    assert not breaker.is_open
    told(breaker, Outcome.RETRY)
    assert breaker.is_open


def test_after_half_a_minute_one_probe_may_pass() -> None:
    clock = Seconds()
    breaker = Breaker(clock, lambda: 0.5)
    told(breaker, *[Outcome.RETRY] * 5)
    clock.now += 29
    assert breaker.is_open
    clock.now += 2
    assert not breaker.is_open
    assert not breaker.is_healthy
    told(breaker, Outcome.RETRY)
    assert breaker.is_open


def test_a_delivery_heals() -> None:
    breaker = Breaker(Seconds())
    told(breaker, *[Outcome.RETRY] * 5, Outcome.DELIVERED)

    assert not breaker.is_open
    assert breaker.is_healthy


@pytest.mark.parametrize("outcomes", [[Outcome.PAUSE], [Outcome.REFUSED] * 20])
def test_a_wrong_address_rests_for_minutes(outcomes: list[Outcome]) -> None:
    clock = Seconds()
    breaker = Breaker(clock, lambda: 0.5)
    told(breaker, *outcomes)
    clock.now += 299
    assert breaker.is_open
    clock.now += 2
    assert not breaker.is_open


def test_refusals_between_deliveries_are_bad_payloads() -> None:
    breaker = Breaker(Seconds())
    told(breaker, *([Outcome.REFUSED] * 19 + [Outcome.DELIVERED]) * 3)

    assert not breaker.is_open


@given(st.integers(0, 10_000), st.floats(0, 1), st.none() | st.floats(0, 1e12))
def test_a_wait_is_bounded_and_never_shorter_than_asked(
    attempts: int, chance: float, asked_s: float | None
) -> None:
    delay_s = retry_delay_s(attempts, chance, asked_s)

    assert min(asked_s or 0, 300) <= delay_s <= 300


def test_waits_double_up_to_a_minute() -> None:
    assert [retry_delay_s(attempts, 1.0) for attempts in range(1, 10)] == [
        0.5, 1, 2, 4, 8, 16, 32, 60, 60,
    ]  # fmt: skip
