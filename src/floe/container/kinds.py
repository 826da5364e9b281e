"""Adapters by their kind: floe's own, and those of installed packages."""

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any, cast

from dependency_injector import providers

from floe.container.extras import made
from floe.domain.model.errors import Problem, UnknownAdapterError
from floe.domain.model.settings import Plugin
from floe.domain.model.value import Value


def plugin(group: str, kind: str, own: Collection[str] = ()) -> Callable[..., Any]:
    """Return what the entry point *kind* of *group* names; *own* are the kinds of floe's own.

    Raises:
        UnknownAdapterError: No installed package provides it.
    """
    found = entry_points(group=group, name=kind)
    if not found:
        names = sorted(entry_points(group=group).names)
        raise UnknownAdapterError(
            Problem(
                f"no installed package provides the {group.removeprefix('floe.')} kind {kind!r}",
                "settings",
                f"{_meant(kind, [*own, *names])}install the package that does; "
                f"from packages: {', '.join(names) or 'none is installed'}",
            )
        )
    return cast(Callable[..., Any], next(iter(found)).load())


def _meant(kind: str, known: Collection[str]) -> str:
    near = get_close_matches(kind, known, n=1)
    return f"did you mean {near[0]}? else " if near else ""


def by_kind(
    choice: providers.Provider[Any],
    own: Mapping[type[Value], providers.Provider[Any]],
    *,
    group: str,
) -> providers.Callable:
    """Return the provider that *own* has for the class of *choice*, else that of a package.

    A package names its adapter as an entry point of *group*, and gets the options as they are.
    The provider raises EnvironmentNotReadyError where an extra of floe is not installed.
    """
    chosen = providers.Selector(
        providers.Callable(_slot, choice, own=tuple(own)),
        _plugin=providers.Singleton(_of_package, group, choice, own=_kinds(own)),
        **{model.__name__: provider for model, provider in own.items()},
    )
    return providers.Callable(made, chosen.provider)


def _slot(choice: Value, own: tuple[type[Value], ...]) -> str:
    return type(choice).__name__ if isinstance(choice, own) else "_plugin"


def _kinds(models: Collection[type[Value]]) -> tuple[str, ...]:
    return tuple(model.model_fields["kind"].default for model in models)


def _of_package(group: str, choice: Plugin, own: Collection[str]) -> Any:  # noqa: ANN401 - the group's own port
    return plugin(group, choice.kind, own)(**choice.options)
