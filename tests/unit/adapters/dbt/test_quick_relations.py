"""A relation matches, or nearly does, where dbt's own comparison says so."""

from collections.abc import Callable
from typing import Any

import pytest
from dbt.adapters.base.relation import BaseRelation
from dbt.adapters.cache import RelationsCache, _CachedRelation
from dbt.adapters.exceptions import ApproximateMatchError
from dbt.adapters.sql import SQLAdapter
from dbt_common.exceptions import DbtRuntimeError
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.dbt import quick_relations

_DBT = BaseRelation.matches
_DBTS_RELATIONS = RelationsCache.get_relations
NAMES = st.none() | st.sampled_from(["a", "A", '"a"', '"A', "none", "None", ""]) | st.text('aAß"İ')


def outcome(matches: Callable[..., bool], relation: BaseRelation, *search: str | None) -> object:
    """Return the answer, or the type of the error."""
    try:
        return matches(relation, *search)
    except (ApproximateMatchError, DbtRuntimeError) as error:
        return type(error), str(error)


@given(
    path=st.fixed_dictionaries(dict.fromkeys(("database", "schema", "identifier"), NAMES)),
    quoted=st.booleans(),
    dbt_created=st.booleans(),
    search=st.tuples(NAMES, NAMES, NAMES),
    quote=st.sampled_from(['"', "`"]),
)
def test_the_answer_is_that_of_dbts_own_comparison(
    *,
    path: dict[str, str | None],
    quoted: bool,
    dbt_created: bool,
    search: tuple[str | None, str | None, str | None],
    quote: str,
) -> None:
    relation = BaseRelation.create(
        **path,
        quote_policy={"identifier": quoted},
        dbt_created=dbt_created,
        quote_character=quote,
    )
    quick = quick_relations.by_name_first(_DBT)
    assert outcome(quick, relation, *search) == outcome(_DBT, relation, *search)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the relations that dbt compares from now on."""
    seen: list[str] = []

    def noting(self: Any, *search: str) -> bool:
        seen.append(self.identifier)
        return bool(_DBT(self, *search))

    monkeypatch.setattr(BaseRelation, "matches", noting)
    monkeypatch.setattr(RelationsCache, "get_relations", _DBTS_RELATIONS)
    quick_relations.install()
    return seen


def test_dbt_looks_for_a_relation_by_the_name_that_is_replaced(asked: list[str]) -> None:
    class Adapter(SQLAdapter):  # type: ignore[misc] # dbt tells no types
        def __init__(self) -> None:
            """Know nothing."""

        def _make_match_kwargs(self, database: str, schema: str, identifier: str) -> dict[str, str]:
            return {"database": database, "schema": schema, "identifier": identifier}

    Adapter.__abstractmethods__ = frozenset()
    known = [BaseRelation.create(database="d", schema="s", identifier=name) for name in "abc"]
    assert Adapter()._make_match(known, "d", "s", "b") == known[1:2]
    assert asked == ["b"]


class Elsewhere(BaseRelation):  # type: ignore[misc] # dbt tells no types
    """A relation that says by itself where it is."""

    @property
    def schema(self) -> str:
        return "A"


PLACES = st.none() | st.sampled_from(["a", "A", "b", '"a"', "İ", "ß"])
CACHED = st.lists(
    st.tuples(
        PLACES, PLACES, st.sampled_from("xyz"), st.sampled_from([BaseRelation] * 3 + [Elsewhere])
    ),
    max_size=6,
)


@given(relations=CACHED, database=PLACES, schema=PLACES, is_broken=st.booleans())
def test_a_schema_has_the_relations_that_dbt_finds(
    *,
    relations: list[tuple[str | None, str | None, str, type[BaseRelation]]],
    database: str | None,
    schema: str | None,
    is_broken: bool,
) -> None:
    cache = RelationsCache()
    for its_database, its_schema, name, kind in relations:
        cache.add(kind.create(database=its_database, schema=its_schema, identifier=name))
    if is_broken:
        cache.relations[None] = _CachedRelation(None)
    quick = quick_relations.by_place(_DBTS_RELATIONS)
    assert found(quick, cache, database, schema) == found(_DBTS_RELATIONS, cache, database, schema)


def found(relations: Callable[..., Any], cache: RelationsCache, *place: str | None) -> object:
    """Return which objects were found, or the error."""
    try:
        return [id(relation) for relation in relations(cache, *place)]
    except AttributeError as error:
        return str(error)


def test_dbt_lists_relations_by_the_name_that_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RelationsCache, "get_relations", _DBTS_RELATIONS)
    quick_relations.install()
    quick = RelationsCache.get_relations
    assert quick is not _DBTS_RELATIONS
    quick_relations.install()
    assert RelationsCache.get_relations is quick


def test_a_dbt_that_has_no_such_name_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(BaseRelation, "matches")
    monkeypatch.setattr(RelationsCache, "get_relations", found)
    quick_relations.install()
    assert not hasattr(BaseRelation, "matches")
    assert RelationsCache.get_relations is found
