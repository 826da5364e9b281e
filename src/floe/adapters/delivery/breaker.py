"""When to stop knocking at a destination, and when to try again."""

import random
import time
from collections.abc import Callable

from floe.domain.model.delivery import Outcome, Verdict

_FAILURES = 5
_REFUSALS = 20
_REST_S = 30.0
_PAUSE_S = 300.0


class Breaker:
    """Opens after five failures in a row, or at once on a pause, and then lets one probe pass.

    Twenty refusals in a row without a single success are no bad payloads but a wrong address:
    that is a pause too. Times are seconds of *clock*, which never goes back.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._failures = 0
        self._refusals = 0
        self._open_until: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the destination is known to be out of reach just now."""
        return self._open_until is not None and self._clock() < self._open_until

    @property
    def is_healthy(self) -> bool:
        """Whether the last attempt was answered, so that many may be sent in a row."""
        return self._open_until is None and not self._failures

    @property
    def opens_in_s(self) -> float:
        """Return the seconds until the next attempt is allowed."""
        return max(0.0, (self._open_until or 0.0) - self._clock())

    def record(self, verdict: Verdict) -> None:
        """Take note of an attempt."""
        if verdict.outcome is Outcome.DELIVERED:
            self._failures = self._refusals = 0
            self._open_until = None
        elif verdict.outcome is Outcome.REFUSED:
            self._failures = 0
            self._refusals += 1
            self._open_until = None
            if self._refusals >= _REFUSALS:
                self._rest(_PAUSE_S)
        elif verdict.outcome is Outcome.PAUSE:
            self._rest(_PAUSE_S)
        else:
            self._failures += 1
            if self._failures >= _FAILURES:
                self._rest(_REST_S)

    def _rest(self, seconds: float) -> None:
        self._open_until = self._clock() + seconds * (0.75 + self._chance() / 2)
