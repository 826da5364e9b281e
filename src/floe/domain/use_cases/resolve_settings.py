"""Settle every setting from its layers, and remember which layer decided it."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from floe.domain.model.errors import ConfigurationError, Problem
from floe.domain.model.settings import Settings

PREFIX = "FLOE_"
_DEFAULTS = "default"
_ENVIRONMENT = "environment"
_ALIKE = 0.8
"""From here on a variable's name is taken for a mistyped setting, not for somebody else's."""
_CHOSEN_BY_KIND = frozenset({"lineage", "tracing", "dbt"})


class Layer(NamedTuple):
    """Some settings and where they come from: a file, the environment, the command line."""

    name: str
    values: Mapping[str, Any]


class ResolvedSettings(NamedTuple):
    """The settings, and for each dotted key the name of the layer that decided it."""

    settings: Settings
    origins: Mapping[str, str]


def resolve_settings(layers: Sequence[Layer]) -> ResolvedSettings:
    """Return what *layers* say together; a later layer wins.

    A section whose ``kind`` changes is replaced as a whole: options of one kind mean nothing to
    another.

    Raises:
        ConfigurationError: A setting is unknown or has the wrong type; all of them at once, each
            with the layer that it came from and never with its value.
    """
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        _merge(merged, _with_required_beside(layer.values), origins, layer.name, "")
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        raise ConfigurationError(*_problems(error, merged, origins)) from error
    for key in _flat(settings.model_dump(mode="json")):
        origins.setdefault(key, _DEFAULTS)
    return ResolvedSettings(settings, origins)


def environment_layer(environ: Mapping[str, str]) -> Layer:
    """Return the settings named in *environ*: ``FLOE_LINEAGE__KIND`` is ``lineage.kind``.

    Variables whose first part is no setting belong to somebody else and are passed over.
    """
    values: dict[str, Any] = {}
    for name in sorted(environ):
        path = name.removeprefix(PREFIX).lower().split("__")
        if name.startswith(PREFIX) and path[0] in Settings.model_fields:
            section = values
            for part in path[:-1]:
                nested = section.setdefault(part, {})
                section = nested if isinstance(nested, dict) else section
            section[path[-1]] = environ[name]
    return Layer(_ENVIRONMENT, values)


def mistyped_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return a warning for each variable in *environ* that is almost the name of a setting."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    warnings = []
    for name in sorted(environ):
        first, *rest = name.split("__")
        if name.startswith(PREFIX) and first not in known:
            meant = get_close_matches(first, known, n=1, cutoff=_ALIKE)
            warnings += [
                f"{name} names no setting; did you mean {'__'.join([near, *rest])}?"
                for near in meant
            ]
    return tuple(warnings)


def _with_required_beside(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *values* with ``lineage.required`` under its own name: it holds for every kind."""
    section = values.get("lineage")
    if not isinstance(section, Mapping) or "required" not in section:
        return values
    options = {name: value for name, value in section.items() if name != "required"}
    others = {name: value for name, value in values.items() if name != "lineage"}
    lineage = {"lineage": options} if options else {}
    return {"lineage_required": section["required"], **others, **lineage}


def _merge(
    into: dict[str, Any],
    values: Mapping[str, Any],
    origins: dict[str, str],
    layer: str,
    prefix: str,
) -> None:
    for key, value in values.items():
        path = f"{prefix}{key}"
        if not isinstance(value, Mapping):
            into[key] = value
            origins[path] = layer
            continue
        before = into.get(key)
        keeps = isinstance(before, dict) and value.get("kind", before.get("kind")) == before.get(
            "kind"
        )
        if not keeps:
            into[key] = {}
            for stale in [name for name in origins if name.startswith(f"{path}.")]:
                del origins[stale]
        _merge(into[key], value, origins, layer, f"{path}.")


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[str]:
    return [
        name
        for key, value in values.items()
        for name in (
            _flat(value, f"{prefix}{key}.")
            if isinstance(value, Mapping) and value
            else [f"{prefix}{key}"]
        )
    ]


def _problems(
    error: ValidationError, merged: Mapping[str, Any], origins: Mapping[str, str]
) -> list[Problem]:
    problems = []
    for detail in error.errors(include_input=False, include_url=False):
        location = [str(part) for part in detail["loc"]]
        section, *rest = location
        key = ".".join([section, *(rest[1:] if section in _CHOSEN_BY_KIND else rest)])
        origin = next((name for path, name in origins.items() if path.startswith(key)), "settings")
        if origin == _ENVIRONMENT:
            origin = f"{PREFIX}{key.upper().replace('.', '__')}"
        unknown = detail["type"] == "extra_forbidden"
        what = f"there is no setting {key}" if unknown else f"{key}: {detail['msg']}"
        problems.append(Problem(what, origin, _allowed(location, merged) if unknown else ""))
    return problems


def _allowed(location: Sequence[str], merged: Mapping[str, Any]) -> str:
    """Return what stands where *location* names something unknown, the nearest name first.

    Where the kind of a section is none of floe's own, but almost, that kind comes before all.
    """
    section, *rest = location
    if not rest:
        return _nearest(section, sorted(Settings.model_fields))
    models = list(_models(Settings.model_fields[section].annotation))
    kinds = {str(model.model_fields["kind"].default): model for model in models if len(models) > 1}
    names = sorted(kinds.get(rest[0], models[-1]).model_fields)
    chosen = "" if rest[0] in kinds else str(merged[section].get("kind", ""))
    near = get_close_matches(chosen, kinds, n=1)
    if near:
        return f"did you mean the kind {near[0]}? of a kind from a package: {', '.join(names)}"
    return _nearest(location[-1], names)


def _nearest(name: str, names: Sequence[str]) -> str:
    near = get_close_matches(name, names, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{meant}allowed here: {', '.join(names)}"


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for part in get_args(annotation):
        yield from _models(part)
