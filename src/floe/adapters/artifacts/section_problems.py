"""How a fault of a section is told: in floe's words, because pydantic's repeat the value."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from floe.adapters.artifacts.document_file import json_path, where
from floe.domain.model.errors import Problem


def problems_of(
    model: type[BaseModel], document: Mapping[str, Any], path: Path, details: list[ErrorDetails]
) -> Iterator[Problem]:
    """Yield what *details* say of *document*, the content of *path*, in floe's own words."""
    for detail in details:
        steps = steps_of(document, detail["loc"])
        what, fix = _said(detail, model)
        yield Problem(what, where(path, json_path(steps)), fix)


def steps_of(document: object, loc: tuple[int | str, ...]) -> tuple[str | int, ...]:
    """Return *loc* without the names that pydantic adds for the members of a union."""
    steps: list[str | int] = []
    value = document
    for index, step in enumerate(loc):
        last = index == len(loc) - 1
        if isinstance(value, dict) and isinstance(step, str) and (step in value or last):
            value = value.get(step)
            steps.append(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if step < len(value) else None
            steps.append(step)
    return tuple(steps)


def _said(detail: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    """Return what is wrong and how to correct it, in words that hold no value."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _BOUNDS:
        what, fix = _BOUNDS[kind]
        return what.format_map(context), fix
    if kind in _OWN:
        return detail["msg"], _OWN[kind]
    if kind == "choice":
        return _choice(detail["input"], context["allowed"])
    if kind == "extra_forbidden":
        return _unknown_key(detail, model)
    group = next((name for name in _WORDS if kind.startswith(name)), "")
    what, fix = _WORDS.get(group, ("is not valid", ""))
    unquoted = group == "string_type" and isinstance(detail["input"], bool | int | float)
    return what, "put it in quotes" if unquoted else fix


def _unknown_key(detail: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    allowed = _keys_at(model, detail["loc"][:-1])
    return "is not a key of the contract", _hint(str(detail["loc"][-1]), allowed)


def _choice(value: object, allowed: tuple[str, ...]) -> tuple[str, str]:
    guess = _guess(str(value), allowed)
    return f"must be one of {', '.join(allowed)}", guess or "use one of these, in this spelling"


def _hint(key: str, allowed: tuple[str, ...]) -> str:
    if not allowed:
        return "remove it"
    return " ".join(filter(None, (f"allowed here: {', '.join(allowed)}.", _guess(key, allowed))))


def _guess(text: str, allowed: tuple[str, ...]) -> str:
    """Return a suggestion; it is made of an allowed word, never of *text*."""
    by_lower = {word.lower(): word for word in allowed}
    near = difflib.get_close_matches(text.strip().lower()[:100], by_lower, n=1)
    return f"did you mean {by_lower[near[0]]}?" if near else ""


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> tuple[str, ...]:
    """Return the keys that the contract knows at *loc* below *model*."""
    found: Any = model
    for step in loc:
        fields = getattr(found, "model_fields", None)
        if fields is None:
            return ()
        if step in fields:
            found = _model_in(fields[step].annotation)
    return tuple(getattr(found, "model_fields", {}))


def _model_in(annotation: Any) -> Any:  # noqa: ANN401 - an annotation is anything
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _model_in(argument)
        if found is not None:
            return found
    return None


_OWN = MappingProxyType(
    {
        "object_or_null": "remove it, or make it an object",
        "needs": "add it, or choose another mode",
        "differs": "name the same target twice, or remove compute",
        "reference": 'write {"secret_ref": "NAME"}: a secret has no place in the document',
    }
)
_BOUNDS = MappingProxyType(
    {
        "greater_than_equal": ("must be at least {ge}", "use a larger number"),
        "less_than_equal": ("must be at most {le}", "use a smaller number"),
        "string_pattern_mismatch": (
            "must match the pattern {pattern}",
            "correct it; the whole text counts",
        ),
    }
)
_WORDS = MappingProxyType(
    {
        "missing": ("is required", "add it"),
        "string_too_short": ("must not be empty", "give it a value"),
        "string_type": ("must be a string", ""),
        "bool_": ("must be true or false", ""),
        "int_": ("must be a whole number", ""),
        "float_": ("must be a number", ""),
        "dict_": ("must be an object", ""),
        "model_": ("must be an object", ""),
        "list_": ("must be a list", ""),
        "uuid_": ("must be a UUID", "for example 00000000-0000-0000-0000-000000000001"),
        "datetime_": ("must be a date and time", "use ISO 8601, as in 2026-01-31T12:00:00Z"),
    }
)
