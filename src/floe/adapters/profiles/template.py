"""Recognize the one template text that a document may hold: a single call of ``env_var``."""

import re
from typing import NamedTuple

TEMPLATE_MARKS = ("{{", "{%", "{#", "}}", "%}", "#}")
_ENV_VAR = re.compile(
    r"""\{\{-?\s*env_var\(\s*
        (?P<q>['"])(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P=q)\s*
        (?:,\s*(?:(?P<d>['"])(?P<text>[^'"{}\\]*)(?P=d)|(?P<number>-?[0-9]+(?:\.[0-9]+)?)
              |(?P<bool>True|False|true|false))\s*)?
        \)\s*(?:\|\s*(?P<filter>as_number|as_bool|as_native|as_text|int)\s*)?-?\}\}""",
    re.VERBOSE,
)


class ReferenceText(NamedTuple):
    """The parts of ``{{ env_var('NAME', 'default') | filter }}``."""

    name: str
    default: str | None
    filter: str | None


def has_template(text: str) -> bool:
    """Return whether dbt would see anything but plain text in *text*."""
    return any(mark in text for mark in TEMPLATE_MARKS)


def parse(text: str) -> ReferenceText | None:
    """Return the parts of *text* when it is exactly one call of ``env_var``, else None."""
    match = _ENV_VAR.fullmatch(text.strip())
    if match is None:
        return None
    default = next(
        (match[part] for part in ("text", "number", "bool") if match[part] is not None), None
    )
    return ReferenceText(match["name"], default, match["filter"])
