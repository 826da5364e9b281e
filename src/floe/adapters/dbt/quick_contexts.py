"""Contexts of dbt's templates whose macros become callable when a template asks for them.

dbt makes four contexts for a model, and in each an object for every macro of the project and of
its packages, 500 at least, of which a template calls ten: a fifth of the CPU of a run of 200
models, and nearly all the garbage that Python's collector has to look for. Here a context knows
the macros and makes the object of the one that is asked for. Which macro a name means is dbt's own
answer, asked once for all contexts of the same macros.

Whoever looks at a context as a whole (its length, its members, a copy) has all objects made first,
so that it is the dictionary that dbt would have made. Of the templates that make Python's values,
which the arguments of each test are, Jinja copies the context; that copy makes its macros as late.

As late come five members of dbt's own that are dear to make and seldom read: they say what the
command line, the project and the model's place in it say, which is the same while a node runs. Only
the order in which a context lists its members is another.

Replaced are ``ManifestContext._build_namespace`` (``dbt.context.manifest``), which is private,
``ProviderContext.generate_builtins`` (``dbt.context.providers``) and
``NativeSandboxTemplate.new_context`` (``dbt_common.clients.jinja``). Where one of them does
something else, dbt works as before.
"""

from collections import ChainMap
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cache, wraps
from itertools import chain
from operator import is_
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from dbt.clients.jinja import MacroGenerator
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt.context.providers import ProviderContext
from dbt_common.clients.jinja import NativeSandboxTemplate

from floe.adapters.dbt.names_used import names_used

_Macro: TypeAlias = Any
_Macros: TypeAlias = Mapping[str, _Macro]
"""The name in a template → dbt's node of the macro."""
_Maker: TypeAlias = Callable[[Any], Any]
_OfContext: TypeAlias = Callable[[Any], Any]
_NewContext: TypeAlias = Callable[..., Any]
_Parts: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Any], _Maker]
"""What there is, what can be made, and how."""

_BUILDS_BY = frozenset(
    {"_get_namespace_builder", "build_namespace", "manifest", "get_macros_by_package", "_ctx"}
)
_LISTS_BY = frozenset({"_context_members_", "items", "hasattr", "__get__"})
_COPIES_BY = frozenset({"new_context", "environment", "name", "blocks", "globals"})
"""The names that the methods which are replaced use."""
_LATE = ("exceptions", "flags", "invocation_args_dict", "modules", "var")
_NONE: Mapping[str, Any] = MappingProxyType({})


def install() -> None:
    """Have dbt make its contexts so, in this process, from now on."""
    build: Any = getattr(ManifestContext, "_build_namespace", None)
    if frozenset(names_used(build)) == _BUILDS_BY:
        ManifestContext._build_namespace = made_when_asked(build)  # noqa: SLF001
    builtins: Any = getattr(ProviderContext, "generate_builtins", None)
    if frozenset(names_used(builtins)) == _LISTS_BY:
        ProviderContext.generate_builtins = with_late_ones(builtins)
    copy: Any = getattr(NativeSandboxTemplate, "new_context", None)
    if frozenset(names_used(copy)) == _COPIES_BY:
        NativeSandboxTemplate.new_context = copied_unmade(copy)


def made_when_asked(dbts_build: _OfContext) -> _OfContext:
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
        make = _Making(self, self._ctx, builder.node, builder.thread_ctx)
        return _Namespace(meanings, make)

    return build


def with_late_ones(dbts_builtins: _OfContext) -> _OfContext:
    """Return dbt's own *dbts_builtins*, which is asked for those members that cannot wait."""

    @wraps(dbts_builtins)
    def generate_builtins(self: Any) -> Any:  # noqa: ANN401 - dbt tells no types
        if not isinstance(self.namespace, _Namespace):
            return dbts_builtins(self)
        kind: Any = type(self)
        at_once, late = _by_time(kind)
        self._context_members_ = at_once
        try:
            members = dbts_builtins(self)
        finally:
            del self._context_members_
        builtins = MadeWhenAsked(late, self.namespace.make)
        builtins.update(members)
        return builtins

    return generate_builtins


@cache
def _by_time(kind: Hashable) -> tuple[Mapping[str, object], Mapping[str, property]]:
    """Return those members of a *kind* of context that are made at once, and those that wait."""
    members: Mapping[str, object] = kind._context_members_  # type: ignore[attr-defined]
    late = {name: member for name in _LATE if isinstance(member := members.get(name), property)}
    return {name: members[name] for name in members if name not in late}, late


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


class _Making:
    """Makes members of one context, each of them once: dbt's callable object of a macro."""

    def __init__(self, context: object, *about: object) -> None:
        self._context = context
        self._about = about
        self._made: dict[int, Any] = {}

    def __call__(self, seed: Any) -> Any:  # noqa: ANN401
        made = self._made.get(id(seed))
        if made is not None:
            return made
        if isinstance(seed, property):
            return self._made.setdefault(id(seed), seed.__get__(self._context))
        return self._made.setdefault(id(seed), MacroGenerator(seed, *self._about))


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

    def __init__(self, unmade: Mapping[str, Any] = _NONE, make: _Maker = id) -> None:
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
        """Take on the members of others, and what is unmade in a context or namespace unmade."""
        match others:
            case [MadeWhenAsked() | _Namespace() as other] if not members:
                self._floe_take(*other._floe_parts())  # noqa: SLF001
            case _:
                super().update(*others, **members)

    def _floe_parts(self) -> _Parts:
        return dict(super().items()), self._floe_unmade, self._floe_make

    def _floe_take(self, made: Mapping[str, Any], unmade: Mapping[str, Any], make: _Maker) -> None:
        if self._floe_unmade and self._floe_make is not make:
            self._floe_make_all()
        for name in (super().keys() & unmade.keys()) - made.keys():
            self[name] = make(unmade[name])
        super().update(made)
        self._floe_unmade, self._floe_make = {**self._floe_unmade, **unmade}, make

    def _floe_make_all(self) -> None:
        for name, seed in self._floe_unmade.items():
            if not super().__contains__(name):
                super().setdefault(name, self._floe_make(seed))
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

    def __init__(self, meanings: _Meanings, make: _Making) -> None:
        super().__init__(
            MadeWhenAsked(meanings.root, make),
            MadeWhenAsked(meanings.local, make),
            MadeWhenAsked(meanings.internal, make),
            {name: MadeWhenAsked(macros, make) for name, macros in meanings.packages.items()},
        )
        self.meanings = meanings
        self.make = make

    def _floe_parts(self) -> _Parts:
        names = self.meanings.names_of_packages
        return {name: self[name] for name in names}, self.meanings.whole, self.make
