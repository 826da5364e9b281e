"""Adapters by their kind: floe's own, and those of installed packages."""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, cast

from dependency_injector import providers

from floe.container.extras import made
from floe.domain.model.errors import Problem, UnknownAdapterError
from floe.domain.model.settings import Plugin
from floe.domain.model.value import Value


def plugin(group: str, kind: str) -> Callable[..., Any]:
    """Return what the entry point *kind* of *group* names.

    Raises:
        UnknownAdapterError: No installed package provides it.
    """
    found = entry_points(group=group, name=kind)
    if not found:
        known = ", ".join(sorted(entry_points(group=group).names)) or "none is installed"
        raise UnknownAdapterError(
            Problem(
                f"no installed package provides the {group.removeprefix('floe.')} kind {kind!r}",
                "settings",
                f"install the package that does; from packages: {known}",
            )
        )
    return cast(Callable[..., Any], next(iter(found)).load())


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
        _plugin=providers.Singleton(_of_package, group, choice),
        **{model.__name__: provider for model, provider in own.items()},
    )
    return providers.Callable(made, chosen.provider)


def _slot(choice: Value, own: tuple[type[Value], ...]) -> str:
    return type(choice).__name__ if isinstance(choice, own) else "_plugin"


def _of_package(group: str, choice: Plugin) -> Any:  # noqa: ANN401 - the group's own port
    return plugin(group, choice.kind)(**choice.options)
