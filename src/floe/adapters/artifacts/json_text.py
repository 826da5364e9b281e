"""The rules of JSON text (RFC 8259), stricter than the standard library reads it."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from floe.adapters.artifacts.document_file import json_path, refused, where
from floe.domain.model.errors import ArtifactError, Problem

DEEPEST = 100
"""Levels of nesting; contract documents have about ten."""

_Step = str | int


class _Repeating(dict[str, Any]):
    """An object in which the keys *repeated* stand more than once."""

    repeated: tuple[str, ...] = ()


class _NoNumberError(ValueError):
    """A number that JSON does not have, or that does not fit."""


def parse_json(text: str, path: Path) -> dict[str, Any]:
    """Return the object that *text*, the content of *path*, holds.

    Raises:
        ArtifactError: It is not JSON, its root is no object, a key stands twice in one object, a
            number is not finite, text is not Unicode, or it is nested too deeply.
    """
    try:
        document = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        raise _syntax(error, path) from None
    except _NoNumberError:
        fix = "write a finite number of at most 4300 digits"
        raise refused(path, "holds a number that JSON does not have", fix) from None
    except RecursionError:
        raise refused(path, f"is nested more than {DEEPEST} levels deep") from None
    if not isinstance(document, dict):
        raise refused(path, "must be an object", "put the document in braces")
    problems = tuple(_problems(document, path))
    if problems:
        raise ArtifactError(*problems)
    return document


def _syntax(error: json.JSONDecodeError, path: Path) -> ArtifactError:
    place = f"line {error.lineno}, column {error.colno}"
    cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
    if cut:
        return refused(path, f"is not complete JSON: it ends early ({place})", "restore the file")
    return refused(path, f"is not valid JSON ({place})", "correct the syntax there")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) == len(pairs):
        return document
    repeating = _Repeating(document)
    seen: set[str] = set()
    repeating.repeated = tuple(
        dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    )
    return repeating


def _refuse(constant: str) -> float:
    raise _NoNumberError(constant)


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as error:
        raise _NoNumberError from error


def _problems(document: dict[str, Any], path: Path) -> Iterator[Problem]:
    """Yield what is wrong anywhere in *document*; iterative, for it may be nested at will."""
    waiting: list[tuple[tuple[_Step, ...], Any]] = [((), document)]
    while waiting:
        steps, value = waiting.pop()
        if len(steps) > DEEPEST:
            yield Problem(f"is nested more than {DEEPEST} levels deep", where(path, "$"))
            return
        what = _wrong(value)
        if what:
            yield Problem(what, where(path, json_path(steps)))
        if isinstance(value, dict):
            yield from _repetitions(value, steps, path)
            waiting.extend(((*steps, key), item) for key, item in value.items())
        elif isinstance(value, list):
            waiting.extend(((*steps, index), item) for index, item in enumerate(value))


def _repetitions(value: dict[str, Any], steps: tuple[_Step, ...], path: Path) -> Iterator[Problem]:
    for key in value:
        if not _is_unicode(key):
            what = "has a key that is not Unicode text"
            yield Problem(what, where(path, json_path(steps)))
    for key in getattr(value, "repeated", ()):
        if _is_unicode(key):
            place = where(path, json_path((*steps, key)))
            yield Problem("stands twice in the same object", place, "keep one of them")


def _wrong(value: object) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number"
    if isinstance(value, str) and not _is_unicode(value):
        return "is not Unicode text: a surrogate stands alone"
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
