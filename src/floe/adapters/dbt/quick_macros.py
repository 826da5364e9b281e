"""The macros of a project, handed to each of dbt's contexts without sorting them again.

dbt renders every model, test, hook and call of a macro in a context of its own, a few for each
node, and each time it sorts all macros by their packages and finds out which one hides which:
a fifth of the CPU of a run of 200 models. Here dbt does that once for the macros that there are
and the package that asks; the contexts that follow get the same order, with objects of their own.
Where a macro has come, gone or changed, dbt does it again by itself, and always where its first
namespace is not what would be made of it here.

dbt's ``MacroNamespaceBuilder.build_namespace`` (``dbt.context.macros``) is private. Where it has
moved, dbt works as before.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from itertools import chain
from operator import attrgetter
from typing import Any, TypeAlias

from dbt.clients.jinja import MacroGenerator
from dbt.context import macros

_Build: TypeAlias = Callable[..., macros.MacroNamespace]
_Names: TypeAlias = Mapping[str, Any]
"""Name → a macro, or a package of them; or the number of the macro, or the numbers."""

_asking = attrgetter("root_package", "search_package", "internal_package_names_order")
_making = attrgetter("node", "thread_ctx")


def install() -> None:
    """Have dbt keep the order of its macros, in this process, from now on."""
    builder = getattr(macros, "MacroNamespaceBuilder", None)
    build = getattr(builder, "build_namespace", None)
    if builder is not None and build is not None and not hasattr(build, "__wrapped__"):
        builder.build_namespace = keeping_the_order(build)


def keeping_the_order(build: _Build) -> _Build:
    """Return dbt's *build*, which is asked once for each order of macros."""
    known: dict[tuple[str, ...], _Sorted] = {}

    @wraps(build)
    def build_namespace(
        self: Any,  # noqa: ANN401 - dbt tells no types
        macros_by_package: Mapping[str, Mapping[str, Any]],
        ctx: dict[str, Any],
    ) -> macros.MacroNamespace:
        try:
            root, local, internal = _asking(self)
            node, stack = _making(self)
        except AttributeError:
            return build(self, macros_by_package, ctx)
        asked = (root, local, *internal)
        all_macros = list(chain.from_iterable(one.values() for one in macros_by_package.values()))
        order = known.get(asked)
        if order is not None and order.is_of(all_macros):
            return _Namespace(order.parts(ctx, node, stack))
        namespace = build(self, macros_by_package, ctx)
        order = _Sorted(namespace, all_macros)
        if _is_alike(order.parts(ctx, node, stack), vars(namespace)):
            known[asked] = order
        return namespace

    return build_namespace


class _Sorted:
    """The order of *namespace*, which dbt has made of *all_macros*."""

    def __init__(self, namespace: macros.MacroNamespace, all_macros: list[Any]) -> None:
        # They stay here, or another macro could come to the identity of one of them.
        self._all_macros = all_macros
        self._identities = list(map(id, all_macros))
        self._macros: list[Any] = []
        self._parts = self._numbered(vars(namespace), {})

    def _numbered(self, names: _Names, numbers: dict[int, int]) -> _Names:
        found: dict[str, Any] = {}
        for name, one in names.items():
            if isinstance(one, dict):
                found[name] = self._numbered(one, numbers)
                continue
            found[name] = numbers.setdefault(id(one), len(self._macros))
            if found[name] == len(self._macros):
                self._macros.append(getattr(one, "macro", None))
        return found

    def is_of(self, all_macros: list[Any]) -> bool:
        """Return whether *all_macros* are the very same ones."""
        return list(map(id, all_macros)) == self._identities

    def parts(self, context: dict[str, Any], node: object, stack: object) -> _Names:
        """Return what dbt's namespace for another context would consist of."""
        generators = []
        for macro in self._macros:
            # What the three constructors of dbt's classes make, without them.
            made = MacroGenerator.__new__(MacroGenerator)
            made.context, made.macro, made.node, made.stack = context, macro, node, stack
            generators.append(made)
        return _filled(self._parts, generators)


def _filled(numbers: _Names, generators: list[MacroGenerator]) -> dict[str, Any]:
    return {
        name: _filled(one, generators) if isinstance(one, dict) else generators[one]
        for name, one in numbers.items()
    }


def _is_alike(ours: _Names, theirs: _Names) -> bool:
    return ours.keys() == theirs.keys() and all(
        _is_alike(one, theirs[name])
        if isinstance(one, dict)
        else type(one) is type(theirs[name]) and vars(one) == vars(theirs[name])
        for name, one in ours.items()
    )


class _Namespace(macros.MacroNamespace):  # type: ignore[misc] # likewise
    """dbt's namespace, which does not find out for each name where to look for it."""

    def __init__(self, parts: _Names) -> None:
        super().__init__(**parts)
        self._places = tuple(self._search_order())

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - a macro, or a package of them
        for place in self._places:
            if key in place:
                return place[key]
        raise KeyError(key)
