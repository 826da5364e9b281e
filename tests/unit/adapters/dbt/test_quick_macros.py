"""A context has the macros that dbt's own builder gives it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from dbt.artifacts.resources.types import NodeType
from dbt.clients.jinja import MacroStack
from dbt.context import macros
from dbt.contracts.graph.nodes import Macro
from dbt.exceptions import DuplicateMacroNameError
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.dbt import quick_macros

_DBT = macros.MacroNamespaceBuilder.build_namespace
_PACKAGES = ["shop", "tools", "dbt_duckdb", "dbt"]
_NAMES = ["a", "b", "c", "shop", "dbt"]

ByPackage = Mapping[str, Mapping[str, Macro]]
Build = Callable[..., macros.MacroNamespace]


def macro(package: str, name: str) -> Macro:
    """Return a macro of *package*."""
    return Macro(
        name=name,
        resource_type=NodeType.Macro,
        package_name=package,
        path="macros.sql",
        original_file_path="macros.sql",
        unique_id=f"macro.{package}.{name}",
        macro_sql="",
    )


PROJECTS = st.lists(st.tuples(st.sampled_from(_PACKAGES), st.sampled_from(_NAMES)), unique=True)


def by_package(places: list[tuple[str, str]]) -> dict[str, dict[str, Macro]]:
    """Return macros as dbt's manifest has them."""
    found: dict[str, dict[str, Macro]] = {}
    for package, name in places:
        found.setdefault(package, {})[name] = macro(package, name)
    return found


def built(
    build: Build, project: ByPackage, ctx: Mapping[str, Any], local: str = "shop"
) -> macros.MacroNamespace:
    """Return the namespace for *ctx*, whose node is *ctx* too."""
    builder = macros.MacroNamespaceBuilder(
        "shop", local, MacroStack(), ["dbt_duckdb", "dbt"], node=ctx
    )
    return build(builder, project, ctx)


def told(names: Mapping[str, Any]) -> dict[str, Any]:
    """Return what there is to know of each macro but its stack, which no two contexts share."""
    return {
        name: told(one)
        if isinstance(one, dict)
        else (type(one), vars(one) | {"stack": type(one.stack)})
        for name, one in names.items()
    }


@given(PROJECTS, st.sampled_from(_PACKAGES))
def test_every_context_gets_what_dbt_would_give_it(
    places: list[tuple[str, str]], local: str
) -> None:
    project = by_package(places)
    build = quick_macros.keeping_the_order(_DBT)
    for ctx in ({"number": 1}, {"number": 2}):
        ours, theirs = (built(one, project, ctx, local) for one in (build, _DBT))
        assert told(dict(ours)) == told(dict(theirs))
        for part in vars(theirs):
            assert told(vars(ours)[part]) == told(vars(theirs)[part])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[ByPackage]:
    """Return what dbt's own builder, from now on replaced, is asked for."""
    seen: list[ByPackage] = []

    def noting(self: Any, project: ByPackage, ctx: Any) -> macros.MacroNamespace:
        seen.append(project)
        return _DBT(self, project, ctx)

    monkeypatch.setattr(macros.MacroNamespaceBuilder, "build_namespace", noting)
    quick_macros.install()
    return seen


def test_dbt_is_asked_once_for_the_same_macros_and_again_where_one_is_another(
    asked: list[ByPackage],
) -> None:
    project = by_package([("shop", "a"), ("dbt", "a"), ("dbt", "b")])
    build = macros.MacroNamespaceBuilder.build_namespace
    for _ in range(3):
        built(build, project, {})
    assert len(asked) == 1
    built(build, project, {}, "dbt")
    assert len(asked) == 2
    project["shop"]["a"] = macro("shop", "a")
    assert built(build, project, {})["a"].macro is project["shop"]["a"]
    assert len(asked) == 3


def test_what_one_context_overrides_is_no_other_contexts(asked: list[ByPackage]) -> None:
    project = by_package([("shop", "a"), ("dbt", "b")])
    build = macros.MacroNamespaceBuilder.build_namespace
    one, other, third = (built(build, project, {}) for _ in range(3))
    other["dbt"]["b"] = "overridden"
    assert (other["b"], other.get_from_package("dbt", "b")) == ("overridden", "overridden")
    assert [each["b"].macro for each in (one, third)] == [project["dbt"]["b"]] * 2
    assert len(asked) == 1


def test_two_macros_of_one_name_are_dbts_error_every_time() -> None:
    twice = {"dbt": {"a": macro("dbt", "a"), "another key": macro("dbt", "a")}}
    build = quick_macros.keeping_the_order(_DBT)
    for _ in range(2):
        with pytest.raises(DuplicateMacroNameError):
            built(build, twice, {})


@pytest.mark.parametrize("name", ["root_package", "thread_ctx"])
def test_a_builder_that_does_not_say_who_asks_is_dbts_own_affair(
    asked: list[ByPackage], name: str
) -> None:
    build = macros.MacroNamespaceBuilder.build_namespace
    builder = macros.MacroNamespaceBuilder("shop", "shop", MacroStack(), [])
    delattr(builder, name)
    with pytest.raises(AttributeError, match=name):
        build(builder, by_package([("tools", "a")]), {})
    assert len(asked) == 1


def test_a_namespace_of_other_parts_is_dbts_own_every_time() -> None:
    def newer(self: Any, project: ByPackage, ctx: Any) -> macros.MacroNamespace:
        namespace = _DBT(self, project, ctx)
        for one in namespace.global_project_namespace.values():
            one.is_newer = True
        return namespace

    build = quick_macros.keeping_the_order(newer)
    project = by_package([("dbt", "a")])
    assert [built(build, project, {})["a"].is_newer for _ in range(3)] == [True] * 3


def test_a_dbt_that_has_no_such_name_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(macros, "MacroNamespaceBuilder")
    quick_macros.install()
    assert not hasattr(macros, "MacroNamespaceBuilder")
