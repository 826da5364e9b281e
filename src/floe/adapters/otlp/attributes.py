"""What may stand on a span, a measurement or a log record: plain scalars, clean of controls."""

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from floe.domain.model.tracing import AttributeValue

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_WHITESPACE = frozenset("\t\n\r")
_INT64 = 1 << 63
_NAMES = 1024


def clean(attributes: Mapping[str, object]) -> dict[str, AttributeValue]:
    """Return *attributes* without what OTLP does not carry as a scalar.

    Lists, mappings, None, numbers that do not fit 64 bits and empty names are left out. Control
    characters and lone surrogates leave names and texts; line ends and tabs become spaces.
    """
    kept: dict[str, Any] = {}
    for name, value in attributes.items():
        if value is None:
            continue
        plain = type(value) is str and _UNPRINTABLE.search(value) is None  # nearly always
        scalar = value if plain else _scalar(value)
        if scalar is not None and (key := _name(name)):
            kept[key] = scalar
    return kept


def printable(text: str) -> str:
    """Return *text* on one line and without control characters."""
    if _UNPRINTABLE.search(text) is None:
        return str(text)
    return _UNPRINTABLE.sub(lambda found: " " if found.group() in _WHITESPACE else "", text)


@lru_cache(_NAMES)
def _name(name: object) -> str:
    return printable(name).strip() if isinstance(name, str) else ""


def _scalar(value: object) -> AttributeValue | None:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if -_INT64 <= value < _INT64 else None
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return None
