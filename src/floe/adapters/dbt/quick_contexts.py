"""Contexts of dbt's templates whose macros become callable when a template asks for them.

dbt makes four contexts for a model, and in each an object for every macro of the project and of
its packages, 500 at least, of which a template calls ten: a fifth of the CPU of a run of 200
models, and nearly all the garbage that Python's collector has to look for. Here a context knows
the macros and makes the object of the one that is asked for. Which macro a name means is dbt's own
answer, asked once for all contexts of the same macros.

Whoever looks at a context as a whole (its length, its members, a copy) has all objects made first,
so that it is the dictionary that dbt would have made. Of the templates that make Python's values,
which the arguments of each test are, Jinja copies the context; that copy makes its macros as late.

Replaced are ``ManifestContext._build_namespace`` (``dbt.context.manifest``), which is private, and
``NativeSandboxTemplate.new_context`` (``dbt_common.clients.jinja``). Where one of them does
something else, dbt works as before.
"""

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from itertools import chain
from operator import is_
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from dbt.clients.jinja import MacroGenerator
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt_common.clients.jinja import NativeSandboxTemplate

_Macro: TypeAlias = Any
_Macros: TypeAlias = Mapping[str, _Macro]
"""The name in a template → dbt's node of the macro."""
_Build: TypeAlias = Callable[[Any], Any]
_NewContext: TypeAlias = Callable[..., Any]

_BUILDS_BY = frozenset(
    {"_get_namespace_builder", "build_namespace", "manifest", "get_macros_by_package", "_ctx"}
)
_COPIES_BY = frozenset({"new_context", "environment", "name", "blocks", "globals"})
"""The names that the methods which are replaced use."""
_NONE: _Macros = MappingProxyType({})


def install() -> None:
    """Have dbt make its contexts so, in this process, from now on."""
    build: Any = getattr(ManifestContext, "_build_namespace", None)
    if _uses(build, _BUILDS_BY):
        ManifestContext._build_namespace = made_when_asked(build)  # noqa: SLF001
    copy: Any = getattr(NativeSandboxTemplate, "new_context", None)
    if _uses(copy, _COPIES_BY):
        NativeSandboxTemplate.new_context = copied_unmade(copy)


def _uses(function: Any, names: frozenset[str]) -> bool:  # noqa: ANN401 - whatever dbt has there
    return frozenset(getattr(getattr(function, "__code__", None), "co_names", ())) == names


def made_when_asked(dbts_build: _Build) -> _Build:
    """Return dbt's own *dbts_build*, which is asked once for all contexts of the same macros."""
    known: dict[object, _Meanings] = {}

    @wraps(dbts_build)
    def build(self: Any) -> Any:  # noqa: ANN401 - dbt tells no types
        builder = self._get_namespace_builder()
        if type(builder) is not MacroNamespaceBuilder or self._ctx or type(self._ctx) is not dict:
            return dbts_build(self)
        by_package = self.manifest.get_macros_by_package()
        key = (
            builder.root_package,
            builder.search_package,
            *builder.internal_package_names_order,
        )
        meanings = known.get(key)
        if meanings is None or not meanings.are_of(by_package):
            meanings = known[key] = _Meanings.by_dbt(builder, by_package)
        self._ctx = MadeWhenAsked()
        return _Namespace(meanings, _Generators(self._ctx, builder.node, builder.thread_ctx))

    return build


def copied_unmade(jinjas_copy: _NewContext) -> _NewContext:
    """Return Jinja's own *jinjas_copy*, which is asked where the context is a plain dictionary."""

    @wraps(jinjas_copy)
    def new_context(self: Any, vars: Any = None, *rest: Any, **options: Any) -> Any:  # noqa: A002, ANN401
        known = self.globals
        if (
            rest
            or options
            or not isinstance(vars, MadeWhenAsked)
            or not isinstance(known, ChainMap)
            or len(known.maps) != 2  # noqa: PLR2004 - the same context, and Jinja's own names
            or known.maps[0] is not vars
        ):
            return jinjas_copy(self, vars, *rest, **options)
        parent = _copy(vars, over=known.maps[1])
        context = self.environment.context_class(self.environment, parent, self.name, self.blocks)
        context.globals_keys = {*dict.keys(parent), *parent._floe_unmade}  # noqa: SLF001
        return context

    return new_context


class _Meanings(NamedTuple):
    """Which macro a name means in the contexts of one package, by the place that it stands in."""

    macros: tuple[_Macro, ...]
    root: _Macros
    local: _Macros
    internal: _Macros
    packages: Mapping[str, _Macros]
    whole: _Macros
    """The names of macros in a context, and no names of packages."""
    names_of_packages: tuple[str, ...]

    @classmethod
    def by_dbt(
        cls, builder: MacroNamespaceBuilder, by_package: Mapping[str, _Macros]
    ) -> "_Meanings":
        dbts = builder.build_namespace(by_package, {})
        whole = dict(dbts)
        packages = {name: _meant(members) for name, members in dbts.packages.items()}
        return cls(
            tuple(_each(by_package)),
            _meant(dbts.global_namespace),
            _meant(dbts.local_namespace),
            _meant(dbts.global_project_namespace),
            packages,
            _meant(whole),
            tuple(name for name, member in whole.items() if isinstance(member, dict)),
        )

    def are_of(self, by_package: Mapping[str, _Macros]) -> bool:
        """Return whether dbt would answer from the very same macros."""
        return sum(map(len, by_package.values())) == len(self.macros) and all(
            map(is_, self.macros, _each(by_package))
        )


def _each(by_package: Mapping[str, _Macros]) -> Iterator[_Macro]:
    return chain.from_iterable(macros.values() for macros in by_package.values())


def _meant(members: Mapping[str, Any]) -> _Macros:
    return {
        name: member.macro for name, member in members.items() if isinstance(member, MacroGenerator)
    }


class _Generators:
    """dbt's callable objects of one context: one for each macro that was asked for."""

    def __init__(self, *about: object) -> None:
        self._about = about
        self._made: dict[int, MacroGenerator] = {}

    def __call__(self, macro: _Macro) -> MacroGenerator:
        made = self._made.get(id(macro))
        if made is None:
            made = self._made.setdefault(id(macro), MacroGenerator(macro, *self._about))
        return made


def _of_all(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return *method* of a dictionary, which finds every member made."""

    @wraps(method)
    def of_all(self: "MadeWhenAsked", *args: Any, **options: Any) -> Any:  # noqa: ANN401
        self._floe_make_all()
        return method(self, *args, **options)

    return of_all


class MadeWhenAsked(dict[str, Any]):  # noqa: PLW1641 - as unhashable as any dictionary
    """A dictionary some of whose members are there, and the others made when asked for.

    Templates see its attributes before its members: a dictionary has no more public ones.
    """

    __slots__ = ("_floe_make", "_floe_unmade")

    def __init__(self, unmade: _Macros = _NONE, make: Callable[[_Macro], Any] = id) -> None:
        super().__init__()
        self._floe_unmade = unmade
        self._floe_make = make

    def __missing__(self, name: str) -> Any:  # noqa: ANN401
        """Return the member *name*, made now."""
        return super().setdefault(name, self._floe_make(self._floe_unmade[name]))

    def __contains__(self, name: object) -> bool:
        """Return whether there is such a member, made or not."""
        return super().__contains__(name) or name in self._floe_unmade

    def __bool__(self) -> bool:
        """Return whether there is any member, made or not."""
        return super().__len__() > 0 or bool(self._floe_unmade)

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401
        """Return the member *name*, or *default*."""
        try:
            return self[name]
        except KeyError:
            return default

    def update(self, *others: Any, **members: Any) -> None:  # noqa: ANN401
        """Take on the members of a dictionary, and the macros of a namespace unmade."""
        match others:
            case [_Namespace() as namespace] if not members and not self._floe_unmade:
                meanings, make = namespace.meanings, namespace.generators
                for name in super().keys() & meanings.whole.keys():
                    self[name] = make(meanings.whole[name])
                for name in meanings.names_of_packages:
                    self[name] = namespace[name]
                self._floe_unmade, self._floe_make = meanings.whole, make
            case _:
                super().update(*others, **members)

    def _floe_make_all(self) -> None:
        for name, macro in self._floe_unmade.items():
            if not super().__contains__(name):
                super().setdefault(name, self._floe_make(macro))
        self._floe_unmade = _NONE

    def __reduce_ex__(self, protocol: Any) -> Any:  # noqa: ANN401
        """Return how to copy this: as the dictionary that it stands for."""
        return dict, (dict(self),)

    __delitem__ = _of_all(dict.__delitem__)
    __eq__ = _of_all(dict.__eq__)
    __iter__ = _of_all(dict.__iter__)
    __len__ = _of_all(dict.__len__)
    __ne__ = _of_all(dict.__ne__)
    __or__ = _of_all(dict.__or__)
    __repr__ = _of_all(dict.__repr__)
    __reversed__ = _of_all(dict.__reversed__)
    clear = _of_all(dict.clear)
    copy = _of_all(dict.copy)
    fromkeys = dict.fromkeys
    items = _of_all(dict.items)
    keys = _of_all(dict.keys)
    pop = _of_all(dict.pop)
    popitem = _of_all(dict.popitem)
    setdefault = _of_all(dict.setdefault)
    values = _of_all(dict.values)


def _copy(context: MadeWhenAsked, over: Mapping[str, Any]) -> MadeWhenAsked:
    """Return a copy with the same members unmade, and those of *over* that *context* lacks."""
    copy = MadeWhenAsked(context._floe_unmade, context._floe_make)  # noqa: SLF001
    dict.update(copy, {name: member for name, member in over.items() if name not in context})
    dict.update(copy, dict.items(context))
    return copy


class _Namespace(MacroNamespace):  # type: ignore[misc] # dbt tells no types
    """The macros of one context."""

    def __init__(self, meanings: _Meanings, generators: _Generators) -> None:
        super().__init__(
            MadeWhenAsked(meanings.root, generators),
            MadeWhenAsked(meanings.local, generators),
            MadeWhenAsked(meanings.internal, generators),
            {name: MadeWhenAsked(macros, generators) for name, macros in meanings.packages.items()},
        )
        self.meanings = meanings
        self.generators = generators
