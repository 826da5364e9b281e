"""A context is the dictionary that dbt would have made, whatever is done with it."""

import copy
import pickle
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from dbt.clients.jinja import MacroGenerator, MacroStack
from dbt.context.base import BaseContext
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt.context.providers import ModelContext, ProviderContext
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import Macro
from dbt.exceptions import DuplicateMacroNameError, PackageNotFoundForMacroError
from dbt.node_types import NodeType
from dbt_common.clients import jinja
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.dbt import quick_contexts
from floe.adapters.dbt.quick_contexts import MadeWhenAsked

_DBTS_BUILD = ManifestContext._build_namespace
_JINJAS_COPY = jinja.NativeSandboxTemplate.new_context
NAMES = st.sampled_from("abcdef")
MEMBERS = st.dictionaries(NAMES, st.integers(0, 9))
_READS_NO_MEMBER: Final = frozenset(
    {"__init__", "__new__", "__getattribute__", "__class_getitem__", "__setitem__", "fromkeys"}
    | {"__lt__", "__le__", "__gt__", "__ge__"}  # not for dictionaries
    | {"__getitem__"}  # asks __missing__
    | {"__ior__", "__ror__", "__sizeof__"}  # take on members, or read the other's by its keys
    | {"__hash__"}
)


def tenfold(seed: int) -> int:
    return seed * 10


def twofold(seed: int) -> int:
    return seed * 2


STEPS: Mapping[str, Callable[[Any, str, Any], Any]] = {
    "[]": lambda held, name, _: held[name],
    "in": lambda held, name, _: name in held,
    "get": lambda held, name, _: held.get(name),
    "get or": lambda held, name, other: held.get(name, other),
    "set": lambda held, name, other: held.__setitem__(name, other),
    "setdefault": lambda held, name, other: held.setdefault(name, other),
    "del": lambda held, name, _: held.__delitem__(name),
    "pop": lambda held, name, _: held.pop(name),
    "pop or": lambda held, name, other: held.pop(name, other),
    "update": lambda held, name, other: held.update({name: other}),
    "update by name": lambda held, name, other: held.update(**{name: other}),
    "update by itself": lambda held, _, __: held.update(held),
    "update by its like": lambda held, name, other: held.update(like(name, other, tenfold)),
    "update by another": lambda held, name, other: held.update(like(name, other, twofold)),
    "|=": lambda held, name, other: held.__ior__({name: other}) is held,
    "|": lambda held, name, other: held | {name: other},
    "| to": lambda held, name, other: {name: other} | held,
    "clear": lambda held, _, __: held.clear(),
    "len": lambda held, _, __: len(held),
    "bool": lambda held, _, __: bool(held),
    "sorted": lambda held, _, __: sorted(held),
    "reversed": lambda held, _, __: {*reversed(held)},
    "keys": lambda held, _, __: set(held.keys()),
    "values": lambda held, _, __: sorted(held.values()),
    "items": lambda held, _, __: set(held.items()),
    "copy": lambda held, _, __: held.copy(),
    "dict": lambda held, _, __: dict(held),
    "**": lambda held, _, __: {**held},
    "merged": lambda held, name, other: dict({name: other}, **held),
    "==": lambda held, name, other: (held == {name: other}, {name: other} == held),
    "!=": lambda held, name, other: (held != {name: other}, held != dict(held)),
    "repr": lambda held, _, __: sorted(repr(held)),
    "shallow": lambda held, _, __: copy.copy(held),
    "deep": lambda held, _, __: copy.deepcopy(held),
    "pickle": lambda held, _, __: pickle.loads(pickle.dumps(held)),  # noqa: S301
    "fromkeys": lambda held, name, other: held.fromkeys([name], other),
    "unhashable": lambda held, _, __: held[[]],
    "unhashable in": lambda held, _, __: [] in held,
}


def like(name: str, seed: int, make: Callable[[int], int]) -> MadeWhenAsked:
    """Return a dictionary with a member that is made, one that is not, and one made anew."""
    late = MadeWhenAsked({name: seed, "a": seed + 1, "b": seed + 2}, make)
    late["b"] = seed
    return late


def outcome(step: str, held: object, name: str, other: int) -> object:
    try:
        return STEPS[step](held, name, other)
    except (KeyError, TypeError) as error:
        return type(error), str(error)


@given(
    there=MEMBERS,
    unmade=MEMBERS,
    steps=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), NAMES, st.integers(0, 9)), max_size=8),
)
def test_a_dictionary_that_makes_its_members_answers_like_one_that_has_them(
    there: dict[str, int], unmade: dict[str, int], steps: list[tuple[str, str, int]]
) -> None:
    late = MadeWhenAsked(unmade, tenfold)
    late.update(there)
    made = {name: tenfold(seed) for name, seed in unmade.items()} | there
    for step, name, other in steps:
        assert outcome(step, late, name, other) == outcome(step, made, name, other)
    assert dict(late) == made


def test_no_method_of_dictionaries_was_forgotten() -> None:
    own = vars(MadeWhenAsked)
    assert {
        name
        for name in vars(dict)
        if name not in own and name not in _READS_NO_MEMBER and name != "__doc__"
    } == set()


def test_a_member_is_made_once() -> None:
    made: list[str] = []
    late = MadeWhenAsked({"a": "a", "b": "b"}, made.append)
    assert late["a"] is late.get("a")
    assert len(late) == 2
    assert made == ["a", "b"]


class Context(ManifestContext):  # type: ignore[misc] # dbt tells no types
    """One of dbt's contexts, with few members beside the macros of *manifest*."""

    def __init__(self, manifest: Manifest, search_package: str) -> None:
        self.manifest = manifest
        self.search_package = search_package
        self.macro_stack = MacroStack()
        self._ctx: dict[str, Any] = {}
        self.node = object()
        self.namespace = self._build_namespace()

    def _get_namespace_builder(self) -> MacroNamespaceBuilder:
        return MacroNamespaceBuilder(
            "root", self.search_package, self.macro_stack, ["dbt_duckdb", "dbt"], self.node
        )

    def generate_builtins(self) -> dict[str, Any]:
        return {"a": "a builtin", "ref": "another"}


class QuickContext(Context):
    """The same, made by floe."""

    _build_namespace = quick_contexts.made_when_asked(_DBTS_BUILD)


def macro(package: str, name: str) -> Macro:
    return Macro(
        name=name,
        resource_type=NodeType.Macro,
        package_name=package,
        path="m.sql",
        original_file_path="m.sql",
        unique_id=f"macro.{package}.{name}",
        macro_sql="{% macro " + name + "() %}{% endmacro %}",
        created_at=1,
    )


def described(context: Context, found: object) -> object:
    """Return what *found* in a context is, and whose."""
    if isinstance(found, Mapping) and found is not context._ctx:
        return {name: described(context, member) for name, member in found.items()}
    if not isinstance(found, MacroGenerator):
        return "itself" if found is context._ctx else found
    owns = (found.context is context._ctx, found.node is context.node)
    return type(found), id(found.macro), *owns, found.stack is context.macro_stack


def same_objects(context: Context) -> set[frozenset[str]]:
    """Return the sets of names that mean the very same object."""
    names: dict[int, set[str]] = {}
    whole = context._ctx
    for place, members in {"": whole, **whole}.items():
        for name, member in members.items() if isinstance(members, Mapping) else ():
            names.setdefault(id(member), set()).add(f"{place}.{name}")
    return {frozenset(group) for group in names.values()}


PACKAGES = ["root", "tools", "more", "dbt", "dbt_duckdb"]
MACROS = st.lists(
    st.tuples(st.sampled_from(PACKAGES), st.sampled_from(["a", "b", "ref", "tools", "dbt"])),
    unique=True,
)


@given(macros=MACROS, package=st.sampled_from(PACKAGES))
def test_a_name_means_what_dbt_would_have_it_mean(
    macros: list[tuple[str, str]], package: str
) -> None:
    manifest = Manifest(macros={f"macro.{p}.{n}": macro(p, n) for p, n in macros})
    ours, theirs = QuickContext(manifest, package), Context(manifest, package)
    for asked in (None, *PACKAGES, "nowhere"):
        for name in ("a", "b", "ref", "c"):
            assert answer(ours, asked, name) == answer(theirs, asked, name)
    late, early = ours.to_dict(), theirs.to_dict()
    assert type(early) is dict
    assert described(ours, {**late}) == described(theirs, {**early})
    assert same_objects(ours) == same_objects(theirs)


def answer(context: Context, package: str | None, name: str) -> object:
    try:
        return described(context, context.namespace.get_from_package(package, name))
    except PackageNotFoundForMacroError as error:
        return str(error)


@pytest.fixture
def manifest() -> Manifest:
    return Manifest(
        macros={one.unique_id: one for one in (macro("root", "a"), macro("dbt", "range"))}
    )


def test_a_macro_that_nobody_asks_for_is_not_made(manifest: Manifest) -> None:
    context = QuickContext(manifest, "root").to_dict()
    assert "range" in context
    assert context["range"] is context["dbt"]["range"]
    assert set(dict.keys(context)) == {"context", "builtins", "a", "ref", "root", "dbt", "range"}


def test_a_macro_that_is_replaced_is_the_one_that_is_called(manifest: Manifest) -> None:
    before = QuickContext(manifest, "root").to_dict()["range"].macro
    after = macro("dbt", "range")
    manifest.get_macros_by_package()["dbt"]["range"] = after
    assert before == after
    assert QuickContext(manifest, "root").to_dict()["range"].macro is after


def test_two_macros_of_one_name_are_the_error_that_dbt_has(manifest: Manifest) -> None:
    manifest.get_macros_by_package()["dbt"]["again"] = macro("dbt", "range")
    for kind in (Context, QuickContext):
        with pytest.raises(DuplicateMacroNameError):
            kind(manifest, "root")


def test_a_context_that_has_members_already_is_dbts_own(manifest: Manifest) -> None:
    context = QuickContext(manifest, "root")
    context._ctx = {"there": 1}
    assert type(context._build_namespace()) is MacroNamespace
    assert context._ctx == {"there": 1}


class Described(Context):
    """One of dbt's contexts with members of its own, and how often each of them was made."""

    def __init__(self, manifest: Manifest, search_package: str) -> None:
        self.made: list[str] = []
        super().__init__(manifest, search_package)

    def generate_builtins(self) -> Any:
        return BaseContext.generate_builtins(self)


class QuicklyDescribed(Described):
    """The same, made by floe."""

    _build_namespace = quick_contexts.made_when_asked(_DBTS_BUILD)
    generate_builtins = quick_contexts.with_late_ones(Described.generate_builtins)


def noted(name: str) -> property:
    def value(self: Described) -> str:
        self.made.append(name)
        return f"{name} of {self.search_package}"

    return property(value)


_AT_ONCE = ["ref", "this"]
_LATE = ["exceptions", "flags", "invocation_args_dict", "modules", "var"]
for kind in (Described, QuicklyDescribed):
    kind._context_members_ = {name: noted(name) for name in [*_AT_ONCE, *_LATE]}


@pytest.mark.parametrize("hidden", ["a", "var", "ref"])
def test_the_members_that_wait_are_those_that_dbt_makes(hidden: str) -> None:
    one = macro("root", hidden)
    manifest = Manifest(macros={one.unique_id: one})
    ours, theirs = QuicklyDescribed(manifest, "root"), Described(manifest, "root")
    late, early = ours.to_dict(), theirs.to_dict()
    assert described(ours, {**late}) == described(theirs, {**early})
    assert same_objects(ours) == same_objects(theirs)
    assert sorted(ours.made) == sorted(theirs.made) == sorted([*_AT_ONCE, *_LATE])


def test_a_member_that_nobody_reads_is_not_made(manifest: Manifest) -> None:
    context = QuicklyDescribed(manifest, "root")
    members = context.to_dict()
    assert context.made == _AT_ONCE
    assert members["var"] is members["builtins"]["var"]
    assert members["a"].macro.name == "a"
    assert context.made == [*_AT_ONCE, "var"]


def test_a_context_that_is_dbts_own_has_all_members_at_once(manifest: Manifest) -> None:
    context = QuicklyDescribed(manifest, "root")
    context._ctx = {}
    context.namespace = _DBTS_BUILD(context)
    assert type(context.to_dict()) is dict
    assert context.made == [*_AT_ONCE, *_LATE]


def test_dbt_has_the_members_that_wait() -> None:
    members = ModelContext._context_members_
    assert [name for name in _LATE if isinstance(members[name], property)] == _LATE


RENDERED = {
    "{{ a }}": "a macro",
    "{{ range(3) | list }}": "Jinja's own, or a macro of that name",
    "{{ nothing is defined }}": "a name of nothing",
    "{{ context | length }}": "the whole",
    "{% set x = 1 %}{{ x }}": "a variable of the template",
}


@pytest.mark.parametrize("text", RENDERED)
@pytest.mark.parametrize("shadowed", ["range", "other"])
def test_a_template_of_values_sees_the_same_names(text: str, shadowed: str) -> None:
    macros = (macro("root", "a"), macro("dbt", shadowed))
    manifest = Manifest(macros={one.unique_id: one for one in macros})
    copies: list[dict[str, Any]] = []
    for kind, copy_context in (
        (Context, _JINJAS_COPY),
        (QuickContext, quick_contexts.copied_unmade(_JINJAS_COPY)),
    ):
        members = kind(manifest, "root").to_dict()
        template = jinja.get_template(text, members, native=True)
        made = copy_context(template, members)
        assert made.globals_keys == {*members, *template.environment.globals}
        copies.append(
            {
                name: found.macro if isinstance(found, MacroGenerator) else str(type(found))
                for name, found in made.get_all().items()
                if name not in ("context", "root", "dbt")
            }
        )
    assert copies[0] == copies[1]


def test_a_copy_for_a_template_of_values_makes_no_macro(manifest: Manifest) -> None:
    members = QuickContext(manifest, "root").to_dict()
    template = jinja.get_template("{{ range }}", members, native=True)
    quick_contexts.copied_unmade(_JINJAS_COPY)(template, members)
    assert "range" not in dict.keys(members)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ManifestContext, "_build_namespace", _DBTS_BUILD)
    monkeypatch.setattr(ProviderContext, "generate_builtins", BaseContext.generate_builtins)
    monkeypatch.setattr(jinja.NativeSandboxTemplate, "new_context", _JINJAS_COPY)
    quick_contexts.install()


@pytest.mark.usefixtures("installed")
def test_dbt_makes_its_contexts_by_the_names_that_are_replaced(manifest: Manifest) -> None:
    assert isinstance(Context(manifest, "root").to_dict(), MadeWhenAsked)
    assert jinja.NativeSandboxTemplate.new_context is not _JINJAS_COPY
    assert ProviderContext.generate_builtins is not BaseContext.generate_builtins
    quick = jinja.NativeSandboxTemplate.new_context
    quick_contexts.install()
    assert jinja.NativeSandboxTemplate.new_context is quick


def test_a_dbt_that_does_something_else_there_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def other(self: object) -> None:
        """Do something else."""

    monkeypatch.setattr(ManifestContext, "_build_namespace", other)
    monkeypatch.setattr(ProviderContext, "generate_builtins", other)
    monkeypatch.setattr(jinja.NativeSandboxTemplate, "new_context", other)
    quick_contexts.install()
    assert ManifestContext._build_namespace is other
    assert ProviderContext.generate_builtins is other
    assert jinja.NativeSandboxTemplate.new_context is other
    monkeypatch.delattr(ManifestContext, "_build_namespace")
    quick_contexts.install()
    assert not hasattr(ManifestContext, "_build_namespace")
