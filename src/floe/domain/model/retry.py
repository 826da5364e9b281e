"""How long to wait before a destination is tried again."""

_FIRST_S = 0.5
_LONGEST_S = 60.0
_LONGEST_ASKED_S = 300.0


def retry_delay_s(attempts: int, chance: float, asked_s: float | None = None) -> float:
    """Return the seconds to wait after *attempts* failed attempts.

    Full jitter: any time between nothing and a ceiling that doubles from half a second to a
    minute; *chance*, from 0 to 1, says where in between. What the destination *asked* for, by
    ``Retry-After`` say, is respected up to five minutes.
    """
    ceiling = min(_LONGEST_S, _FIRST_S * 2.0 ** min(max(attempts - 1, 0), 16))
    asked = min(asked_s or 0.0, _LONGEST_ASKED_S)
    return max(chance * ceiling, asked)
