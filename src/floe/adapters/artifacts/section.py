"""How a section of a document is read, and how what is wrong with it is told.

A section is a pydantic model that coerces as floe-core's own models do. What pydantic says of a
wrong one is put into floe's words here, because pydantic's repeat the value.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from floe.adapters.artifacts.document_file import json_path, where
from floe.domain.model.errors import ArtifactError, Problem

SECRET_NAME = r"^[a-zA-Z0-9][a-zA-Z0-9_-]{0,252}$"  # noqa: S105 - the pattern of a name
"""A reference to a secret: a Kubernetes name without dots (floe-core)."""


class Section(BaseModel):
    """An object of a document: closed to unknown keys, and lenient in types as floe-core is."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class OpenSection(Section):
    """An object of a document that may hold more than floe reads."""

    model_config = ConfigDict(extra="ignore")


def one_of(*allowed: str) -> AfterValidator:
    """Return the rule that a text is one of *allowed*, in exactly that spelling."""

    def check(text: str) -> str:
        return _member(text, allowed)

    return AfterValidator(check)


def _target(text: str, info: ValidationInfo) -> str:
    allowed: Iterable[str] = (info.context or {}).get("targets", ())
    return _member(text, tuple(allowed))


def _member(text: str, allowed: tuple[str, ...]) -> str:
    if text in allowed:
        return text
    raise PydanticCustomError("choice", "must be one of the allowed values", {"allowed": allowed})


def _object_or_null(value: object) -> object:
    if value is None or isinstance(value, dict):
        return value
    raise PydanticCustomError("object_or_null", "must be an object or null")


Target = Annotated[str, AfterValidator(_target)]
"""A compute target; the context's ``targets`` are the allowed ones."""

Unread = Annotated[Any, AfterValidator(_object_or_null)]
"""A section that floe does not read: whatever it holds, it is an object or null."""

Read = TypeVar("Read", bound=BaseModel)


def read_section(
    model: type[Read],
    document: Mapping[str, Any],
    path: Path,
    targets: Iterable[str] = (),
) -> Read:
    """Return *document*, the content of *path*, as *model*.

    Raises:
        ArtifactError: It breaks the model's rules; every problem at once, and no value.
    """
    try:
        return model.model_validate(document, context={"targets": tuple(targets)})
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise ArtifactError(*_problems(model, document, path, details)) from None


def without_unknown_keys(
    model: type[BaseModel], document: Mapping[str, Any], targets: Iterable[str] = ()
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return *document* without the keys that *model* does not know, and their JSON paths."""
    try:
        model.model_validate(document, context={"targets": tuple(targets)})
    except ValidationError as error:
        unknown = [
            _steps(document, detail["loc"])
            for detail in error.errors(include_url=False)
            if detail["type"] == "extra_forbidden"
        ]
        return _without(document, unknown), tuple(json_path(steps) for steps in unknown)
    return dict(document), ()


def _without(document: Mapping[str, Any], unknown: list[tuple[str | int, ...]]) -> dict[str, Any]:
    def copy(value: Any, steps: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - any of JSON's types
        if isinstance(value, dict):
            kept = ((key, (*steps, key)) for key in value)
            return {key: copy(value[key], at) for key, at in kept if at not in gone}
        if isinstance(value, list):
            return [copy(item, (*steps, index)) for index, item in enumerate(value)]
        return value

    gone = set(unknown)
    return copy(dict(document), ())  # type: ignore[no-any-return]


def _problems(
    model: type[BaseModel], document: Mapping[str, Any], path: Path, details: list[ErrorDetails]
) -> Iterator[Problem]:
    for detail in details:
        steps = _steps(document, detail["loc"])
        what, fix = _said(detail, model)
        yield Problem(what, where(path, json_path(steps)), fix)


def _steps(document: object, loc: tuple[int | str, ...]) -> tuple[str | int, ...]:
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
    value = detail.get("input")
    if kind == "choice":
        return _choice(value, context["allowed"])
    if kind == "extra_forbidden":
        allowed = _keys_at(model, detail["loc"][:-1])
        return "is not a key of the contract", _hint(str(detail["loc"][-1]), allowed)
    if kind == "string_pattern_mismatch":
        return "does not match the required pattern", f"use text that matches {context['pattern']}"
    if kind in _BOUNDS:
        return _BOUNDS[kind].format_map(context), "use a value within that bound"
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "must be a string", "put it in quotes"
    if kind in _WORDS:
        return _WORDS[kind]
    group = next((kind_ for kind_ in _GROUPS if kind.startswith(kind_)), "")
    return _GROUPS.get(group) or (detail["msg"] if kind in _OWN else "is not valid", "")


def _choice(value: object, allowed: tuple[str, ...]) -> tuple[str, str]:
    return f"must be one of {', '.join(allowed)}", _guess(str(value), allowed)


def _hint(key: str, allowed: tuple[str, ...]) -> str:
    if not allowed:
        return "remove it"
    return " ".join(filter(None, (f"allowed here: {', '.join(allowed)}.", _guess(key, allowed))))


def _guess(text: str, allowed: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(text.strip().lower()[:100], allowed, n=1)
    return f"did you mean {near[0]}?" if near else ""


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


_OWN = frozenset({"object_or_null", "needs", "differs"})
_BOUNDS = MappingProxyType(
    {
        "greater_than_equal": "must be at least {ge}",
        "less_than_equal": "must be at most {le}",
        "string_too_long": "must have at most {max_length} characters",
    }
)
_WORDS = MappingProxyType(
    {
        "missing": ("is required", "add it"),
        "string_too_short": ("must not be empty", "give it a value"),
        "string_type": ("must be a string", ""),
        "reference": ("must be a reference to a secret", "write {secret_ref: NAME}"),
    }
)
_GROUPS = MappingProxyType(
    {
        "bool_": ("must be true or false", ""),
        "int_": ("must be a whole number", ""),
        "float_": ("must be a number", ""),
        "finite_": ("must be a finite number", ""),
        "dict_": ("must be an object", ""),
        "model_": ("must be an object", ""),
        "mapping_": ("must be an object", ""),
        "list_": ("must be a list", ""),
        "uuid_": ("must be a UUID", "for example 00000000-0000-0000-0000-000000000001"),
        "datetime_": ("must be a date and time", "use ISO 8601, as in 2026-01-31T12:00:00Z"),
        "string_": ("must be text", ""),
        "literal_": ("must be one of the allowed values", ""),
    }
)
