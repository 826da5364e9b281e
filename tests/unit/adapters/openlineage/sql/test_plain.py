"""Plain queries are traced as they stand, to the very same lineage as by rewriting them."""

from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from floe.adapters.openlineage.sql.columns import trace_columns
from floe.adapters.openlineage.sql.plain import trace_plain_columns
from floe.adapters.openlineage.sql.query import (
    InputRelation,
    dialect_of,
    parse_query,
    qualified,
)
from floe.domain.model.column_lineage import RelationLineage

ADAPTERS = ("databricks", "duckdb", "postgres", "redshift", "snowflake", "spark")
FOLDED = {"snowflake": str.upper, "postgres": str.lower}
COLUMNS: Mapping[str, Mapping[str, str | None]] = {
    "orders": {"id": "INT", "who": None, "amount": "DECIMAL(9, 2)"},
    "people": {"person": "INT", "Email": "TEXT", "who": None},
    "unknown": {},
}

ALIASES = st.sampled_from(["a", "b", "who", "id", "Email", '"B c"'])
WRAPPED = (
    "coalesce({}, {})",
    "({} + 1)",
    "cast({} as varchar)",
    "cast({} as numeric(9, 2))",
    "case when {} = 'x' then {} else 2 end",
    "md5({})",
    "sum({})",
    "max(lower({}))",
    "count(distinct {})",
    "sum({}) over (partition by {} order by {} desc)",
    "({} in (1, {}))",
    "({} between {} and 3)",
)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Queries over the relations, whose names mostly mean something, and mostly one thing."""
    known = {name: list(types) or ["id", "b"] for name, types in COLUMNS.items()}
    text = ""
    for name in draw(st.sampled_from([(), ("one",), ("one", "two"), ("orders",)])):
        inner, known[name] = draw(unions(known, depth=1))
        text += f"{', ' if text else 'with '}{name} as ({inner})"
    return f"{text} {draw(unions(known, depth=1))[0]}"


@st.composite
def unions(draw: st.DrawFn, known: Mapping[str, list[str]], depth: int) -> tuple[str, list[str]]:
    left, made = draw(selects(known, depth))
    if draw(st.integers(0, 3)):
        return left, made
    kind = draw(st.sampled_from(["union all", "union", "except", "intersect"]))
    return f"{left} {kind} {draw(selects(known, depth))[0]}", made


@st.composite
def selects(draw: st.DrawFn, known: Mapping[str, list[str]], depth: int) -> tuple[str, list[str]]:
    read: dict[str, list[str]] = {}
    tables = []
    for alias in draw(st.sampled_from([("o",), ("o", "p")])):
        if depth and not draw(st.integers(0, 4)):
            inner, made = draw(unions(known, depth - 1))
            tables.append(f"({inner}) as {alias}")
            read[alias] = made
            continue
        table = draw(st.sampled_from([*known, *(name for name in known if name != "unknown")]))
        prefix = draw(st.sampled_from(["", "", "main.", "shop.main."])) if table in COLUMNS else ""
        bare = draw(st.booleans()) and table not in read
        tables.append(f"{prefix}{table}{'' if bare else f' as {alias}'}")
        read[table if bare else alias] = known[table]
    columns = _columns(read)
    expressions = st.one_of(columns, _wrapped(columns), _wrapped(_wrapped(columns)))
    text, made = _list(
        draw(st.lists(_projections(read, columns, expressions), min_size=1, max_size=3))
    )
    distinct = draw(st.sampled_from(["", "", "", "distinct "]))
    text = f"select {distinct}{text} from {tables[0]}"  # noqa: S608 - our own names
    for table in tables[1:]:
        kind = draw(st.sampled_from(["join", "left join", "full outer join"]))
        text += f" {kind} {table} on {draw(columns)} = {draw(expressions)}"
    return text + draw(_clauses(expressions, made)), made


def _columns(read: Mapping[str, list[str]]) -> st.SearchStrategy[str]:
    found = [(name, column) for name, columns in read.items() for column in columns]
    found = found or [(name, "id") for name in read]
    names = [column for _, column in found]
    alone = [column for column in names if names.count(column) == 1 and "unknown" not in read]
    forms = st.sampled_from(found).map(".".join)
    return st.one_of(forms, forms, st.sampled_from(alone or names))


def _wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda form, *parts: form.format(*parts), st.sampled_from(WRAPPED), inner, inner, inner
    )


def _projections(
    read: Mapping[str, list[str]],
    columns: st.SearchStrategy[str],
    expressions: st.SearchStrategy[str],
) -> st.SearchStrategy[tuple[str, list[str]]]:
    every = [name for names in read.values() for name in names]
    stars = [(f"{name}.*", names) for name, names in read.items() if name != "unknown"]
    stars += [("*", every)] if "unknown" not in read or len(read) == 1 else []
    return st.one_of(
        columns.map(lambda column: (column, [column.rpartition(".")[2]])),
        st.builds(lambda value, alias: (f"{value} as {alias}", [alias]), expressions, ALIASES),
        st.sampled_from(stars),
    )


def _list(found: list[tuple[str, list[str]]]) -> tuple[str, list[str]]:
    """Leave out what would make a name a second time, but for the first one."""
    kept = found[:1]
    for text, names in found[1:]:
        taken = {name.lower() for _, others in kept for name in others}
        if not taken & {name.lower() for name in names}:
            kept.append((text, names))
    return ", ".join(text for text, _ in kept), [name for _, names in kept for name in names]


@st.composite
def _clauses(draw: st.DrawFn, expressions: st.SearchStrategy[str], made: list[str]) -> str:
    either = st.one_of(expressions, st.sampled_from(made)) if made else expressions
    text = f" where {draw(either)} = 1" if draw(st.booleans()) else ""
    kind = draw(st.integers(0, 5))
    if kind <= 1:
        text += f" group by {draw(st.one_of(either, st.sampled_from(['1', '1, 2'])))}"
    if kind == 1:
        text += f" having {draw(either)} > 1"
    if kind == 2:
        text += f" order by {draw(either)} desc limit 3"
    return text


def relations(adapter: str) -> list[InputRelation]:
    fold = FOLDED.get(adapter, str)
    return [
        InputRelation(
            name, ("shop", "main", name), {fold(column): kind for column, kind in types.items()}
        )
        for name, types in COLUMNS.items()
    ]


def plainly(sql: str, adapter: str) -> RelationLineage | None:
    dialect = dialect_of(adapter)
    return trace_plain_columns(parse_query(sql, dialect), relations(adapter), dialect)


def rewritten(sql: str, adapter: str) -> RelationLineage:
    dialect = dialect_of(adapter)
    return trace_columns(qualified(parse_query(sql, dialect), relations(adapter), dialect))


@given(sql=queries(), adapter=st.sampled_from(ADAPTERS))
@example("with orders as (select * from orders) select * from orders", "duckdb")
@example("select * from people, (with people as (select 1 as x) select * from people) o", "spark")
@example("select who as id, id as who from orders order by id", "postgres")
@example("select upper(who) as who from orders group by who", "snowflake")
@example("select sum(amount) as id from orders having id > 1", "duckdb")
def test_a_plain_query_has_the_lineage_that_it_has_when_it_is_rewritten(
    sql: str, adapter: str
) -> None:
    found = plainly(sql, adapter)

    assert found == (rewritten(sql, adapter) if found is not None else None)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(
    "sql",
    [
        (
            "with source as (select * from unknown), named as (select id as a, b from source) "
            "select * from named"
        ),
        (
            "with o as (select * from shop.main.orders), p as (select * from main.people), "
            "sums as (select who, count(*) as n, sum(amount) as spent from o where id > 1 "
            "group by 1), "
            "final as (select p.*, sums.n, case when sums.spent > 1 then 'vip' end as kind "
            "from p left join sums on p.who = sums.who) select * from final"
        ),
        (
            "select person as id, cast(who as varchar) as who from people union all "
            "select id, who from orders"
        ),
        (
            "select o.id, row_number() over (partition by o.who order by o.amount desc) as n "
            "from (select id, who, amount from orders) as o order by o.id limit 3"
        ),
    ],
)
def test_what_models_are_made_of_is_plain(sql: str, adapter: str) -> None:
    found = plainly(sql, adapter)

    assert found is not None
    assert found == rewritten(sql, adapter)


@pytest.mark.parametrize(
    ("adapter", "sql"),
    [
        ("bigquery", "select id from orders"),
        ("duckdb", "select id from orders where id in (select person from people)"),
        ("duckdb", "select o.id from orders as o join people as p using (who)"),
        ("duckdb", "select * exclude (id) from orders"),
        ("duckdb", "select who from orders join people on id = person"),
        ("duckdb", "select amount as a, a + 1 as b from orders"),
        ("duckdb", "select o.id.x as a from orders as o"),
        ("duckdb", "with recursive t as (select id from orders) select id from t"),
        ("postgres", "select x from orders cross join lateral unnest(who) as x"),
        ("snowflake", "with t(n) as (select id from orders) select n from t"),
    ],
)
def test_what_is_not_known_to_be_plain_is_left_alone(adapter: str, sql: str) -> None:
    assert plainly(sql, adapter) is None
