"""Text for terminals and logs: foreign text made harmless, numbers made short."""

import re
from collections.abc import Iterable

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MINUTE = 60
_HOUR = 3600


def harmless(text: str) -> str:
    """Return *text* without what steers a terminal: escapes, controls, changes of direction."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text)).replace("\t", "    ")


def first_line(text: str, width: int = 120) -> str:
    """Return the first line of *text* that says something, harmless, at most *width* long."""
    lines = (" ".join(line.split()) for line in harmless(text).splitlines())
    return shortened(next((line for line in lines if line), ""), width)


def shortened(text: str, width: int) -> str:
    """Return *text*, cut to *width* characters with an ellipsis where it is longer."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def seconds(duration_s: float) -> str:
    """Return a duration for people: ``0.13s``, ``12.4s``, ``3m 05s``, ``2h 10m``."""
    if duration_s < _MINUTE:
        return f"{duration_s:.2f}s" if duration_s < 10 else f"{duration_s:.1f}s"  # noqa: PLR2004
    whole = round(duration_s)
    if whole < _HOUR:
        return f"{whole // _MINUTE}m {whole % _MINUTE:02d}s"
    return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE:02d}m"


def counted(number: int, noun: str) -> str:
    """Return *number* with *noun* in the right number: ``1 model``, ``2 models``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def joined(parts: Iterable[str]) -> str:
    """Return the parts that say something, with dots between."""
    return " · ".join(part for part in parts if part)
