"""How a section of a document is read: as a pydantic model that coerces as floe-core's own do."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from floe.adapters.artifacts.document_file import json_path
from floe.adapters.artifacts.section_problems import problems_of, steps_of
from floe.domain.model.errors import ArtifactError
from floe.domain.model.value import BuiltWhenUsed

SECRET_NAME = r"^[a-zA-Z0-9][a-zA-Z0-9_-]{0,252}$"  # noqa: S105 - the pattern of a name
"""A reference to a secret: a Kubernetes name without dots (floe-core)."""


class Section(BuiltWhenUsed):
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
        raise ArtifactError(*problems_of(model, document, path, details)) from None


def without_unknown_keys(
    model: type[BaseModel], document: Mapping[str, Any], targets: Iterable[str] = ()
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return *document* without the keys that *model* does not know, and their JSON paths."""
    try:
        model.model_validate(document, context={"targets": tuple(targets)})
    except ValidationError as error:
        unknown = [
            steps_of(document, detail["loc"])
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
