"""Column lineage of single queries, in every shape that SQL has."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import pytest

from floe.adapters.openlineage.sql.lineage import lineage_of_sql
from floe.adapters.openlineage.sql.query import (
    InputRelation,
    UnreadableSqlError,
    dialect_of,
)
from floe.domain.model.column_lineage import ColumnOrigin, RelationLineage

Origins: TypeAlias = dict[str, list[str]]
ORDERS = InputRelation(
    "orders", ("shop", "main", "orders"), {"id": "INT", "who": None, "amount": "DECIMAL(9, 2)"}
)
PEOPLE = InputRelation("people", ("shop", "main", "people"), {"id": "INT", "Email": "TEXT"})
RELATIONS = (ORDERS, PEOPLE)


def lineage(
    sql: str, adapter: str = "duckdb", relations: Sequence[InputRelation] = RELATIONS
) -> RelationLineage:
    return lineage_of_sql(sql, relations, dialect_of(adapter))


def stored(adapter: str) -> Sequence[InputRelation]:
    """Return the relations as the warehouse of *adapter* stores names that are not quoted."""
    fold = {"snowflake": str.upper, "postgres": str.lower, "redshift": str.lower}.get(adapter, str)
    return [
        item._replace(columns={fold(name): kind for name, kind in item.columns.items()})
        for item in RELATIONS
    ]


def told(origins: Sequence[ColumnOrigin]) -> list[str]:
    """Return ``relation.column:WAY+WAY``, with an exclamation mark for a way that masks."""
    return [
        f"{item.unique_id}.{item.column}:"
        + "+".join(f"{way.influence}{'!' * way.masking}" for way in item.transformations)
        for item in origins
    ]


def fields(found: RelationLineage) -> Origins:
    return {column.name: told(column.origins) for column in found.columns}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select id from shop.main.orders", {"id": ["orders.id:IDENTITY"]}),
        ('select o.id from "shop"."main"."orders" o', {"id": ["orders.id:IDENTITY"]}),
        ("select shop.main.orders.id from shop.main.orders", {"id": ["orders.id:IDENTITY"]}),
        ("select orders.id as n from main.orders", {"n": ["orders.id:IDENTITY"]}),
        ("select 1 as one from shop.main.orders", {"one": []}),
        ("select upper(email) as e from people", {"e": ["people.Email:TRANSFORMATION"]}),
        ("select md5(email) as e from people", {"e": ["people.Email:TRANSFORMATION!"]}),
        ("select sha256(lower(email)) as e from people", {"e": ["people.Email:TRANSFORMATION!"]}),
        ("select sum(amount) as s from orders", {"s": ["orders.amount:AGGREGATION"]}),
        ("select count(who) as n from orders", {"n": ["orders.who:AGGREGATION!"]}),
        ("select sum(amount + 1) as s from orders", {"s": ["orders.amount:AGGREGATION"]}),
        (
            "select case when who = 'x' then amount else 0 end as a from orders",
            {"a": ["orders.amount:TRANSFORMATION", "orders.who:CONDITIONAL"]},
        ),
        (
            "select row_number() over (partition by who order by id) as n from orders",
            {"n": ["orders.id:WINDOW", "orders.who:WINDOW"]},
        ),
        (
            "select sum(amount) over (partition by who) as s from orders",
            {"s": ["orders.amount:AGGREGATION", "orders.who:WINDOW"]},
        ),
        (
            "select lag(amount) over w as b from orders window w as (partition by who order by id)",
            {"b": ["orders.amount:AGGREGATION", "orders.id:WINDOW", "orders.who:WINDOW"]},
        ),
        (
            "from (select who, amount, id from orders) pivot (sum(amount) for who in ('a', 'b'))",
            {
                "id": ["orders.id:IDENTITY"],
                "a": ["orders.amount:AGGREGATION", "orders.who:CONDITIONAL"],
                "b": ["orders.amount:AGGREGATION", "orders.who:CONDITIONAL"],
            },
        ),
        (
            "with t(n) as (select id from orders) select n from t",
            {"n": ["orders.id:IDENTITY"]},
        ),
        ("select id from orders except select id from people", {"id": ["orders.id:IDENTITY"]}),
        (
            "select sum(amount) filter (where who = 'x') as s from orders",
            {"s": ["orders.amount:AGGREGATION", "orders.who:FILTER"]},
        ),
        (
            "select percentile_cont(0.5) within group (order by amount) as m from orders",
            {"m": ["orders.amount:AGGREGATION"]},
        ),
        (
            "select coalesce(who, email) as w from orders join people using (id)",
            {"w": ["orders.who:TRANSFORMATION", "people.Email:TRANSFORMATION"]},
        ),
        (
            "select (select max(email) from people p where p.id = o.id) as e from orders o",
            {
                "e": [
                    "orders.id:FILTER",
                    "people.Email:AGGREGATION",
                    "people.id:FILTER",
                ]
            },
        ),
        (
            "select id from orders union all select email from people",
            {"id": ["orders.id:IDENTITY", "people.Email:IDENTITY"]},
        ),
        (
            "select x from (select who as x from orders) union select y from (values (1)) t(y)",
            {"x": ["orders.who:IDENTITY"]},
        ),
        (
            "select u.part from orders, unnest(string_split(who, ',')) as u(part)",
            {"part": ["orders.who:TRANSFORMATION"]},
        ),
        (
            "with recursive t as (select id from orders union select id + 1 from t) from t",
            {"id": ["orders.id:IDENTITY"]},
        ),
        (
            "with orders as (select * from people) select * from orders",
            {"id": ["people.id:IDENTITY"], "Email": ["people.Email:IDENTITY"]},
        ),
        (
            "select * exclude (amount) replace (lower(who) as who) from orders",
            {"id": ["orders.id:IDENTITY"], "who": ["orders.who:TRANSFORMATION"]},
        ),
        (
            'select id as "Order Id", who as "select", amount as "ü""n" from orders',
            {
                "Order Id": ["orders.id:IDENTITY"],
                "select": ["orders.who:IDENTITY"],
                'ü"n': ["orders.amount:IDENTITY"],
            },
        ),
    ],
)
def test_each_column_is_traced(sql: str, expected: Origins) -> None:
    assert fields(lineage(sql)) == expected


@pytest.mark.parametrize(
    ("adapter", "sql", "expected"),
    [
        (
            "duckdb",
            "select l.m from orders o, lateral (select max(p.email) as m from people p) l",
            {"m": ["people.Email:AGGREGATION"]},
        ),
        (
            "duckdb",
            "select * exclude (id) rename (who as person) from orders",
            {"person": ["orders.who:IDENTITY"], "amount": ["orders.amount:IDENTITY"]},
        ),
        (
            "duckdb",
            "select list_transform([amount], x -> x + id) as l from orders",
            {"l": ["orders.amount:TRANSFORMATION", "orders.id:TRANSFORMATION"]},
        ),
        (
            "duckdb",
            "select id from orders union all by name select email, id from people",
            {
                "id": ["orders.id:IDENTITY", "people.id:IDENTITY"],
                "Email": ["people.Email:IDENTITY"],
            },
        ),
        (
            "duckdb",
            "with recursive t as (select id, 1 as n from orders union select id, 2 from t) from t",
            {"id": ["orders.id:IDENTITY"], "n": []},
        ),
        (
            "bigquery",
            "select s.a.b as x from (select struct(struct(id as b) as a) as s from orders)",
            {"x": ["orders.id:TRANSFORMATION"]},
        ),
        (
            "bigquery",
            "select o.who.city as x from `shop`.`main`.`orders` as o",
            {"x": ["orders.who:TRANSFORMATION"]},
        ),
        (
            "bigquery",
            "select * except (who) replace (amount + 1 as amount) from `shop`.`main`.`orders`",
            {"id": ["orders.id:IDENTITY"], "amount": ["orders.amount:TRANSFORMATION"]},
        ),
        (
            "bigquery",
            "select part from orders, unnest(split(who)) as part",
            {"part": ["orders.who:TRANSFORMATION"]},
        ),
        (
            "snowflake",
            "select f.value:name::string as n from orders o, lateral flatten(input => o.who) f",
            {"N": ["orders.WHO:TRANSFORMATION"]},
        ),
        (
            "snowflake",
            "select a from orders pivot(sum(amount) for who in ('a', 'b')) as p (id, a, b)",
            {"A": ["orders.AMOUNT:AGGREGATION", "orders.WHO:CONDITIONAL"]},
        ),
        (
            "snowflake",
            "select r, x from orders pivot(sum(amount) for who in ('a', 'b')) as p (r, x, y)",
            {
                "R": ["orders.ID:IDENTITY"],
                "X": ["orders.AMOUNT:AGGREGATION", "orders.WHO:CONDITIONAL"],
            },
        ),
        (
            "snowflake",
            "select r from (select * from elsewhere) pivot(sum(n) for w in ('a')) as p (r, x)",
            {"R": []},
        ),
        ("snowflake", "select who:a.b::int as x from orders", {"X": ["orders.WHO:TRANSFORMATION"]}),
        ("snowflake", "select * ilike '%d%' from orders", {"ID": ["orders.ID:IDENTITY"]}),
        (
            "redshift",
            "select listagg(who) within group(order by id) over(partition by amount) l from orders",
            {
                "l": [
                    "orders.amount:WINDOW",
                    "orders.id:AGGREGATION",
                    "orders.who:AGGREGATION",
                ]
            },
        ),
        (
            "databricks",
            "select part from orders lateral view explode(split(who, ',')) t as part",
            {"part": ["orders.who:TRANSFORMATION"]},
        ),
        (
            "databricks",
            "select * except (id, who), named_struct('a', id).a as q from orders",
            {"amount": ["orders.amount:IDENTITY"], "q": ["orders.id:TRANSFORMATION"]},
        ),
        (
            "postgres",
            "select x from orders cross join lateral unnest(string_to_array(who, ',')) as x",
            {"x": ["orders.who:TRANSFORMATION"]},
        ),
        (
            "postgres",
            "select x.a from orders, jsonb_to_recordset(who) as x(a int, b text)",
            {"a": ["orders.who:TRANSFORMATION"]},
        ),
        (
            "postgres",
            "select to_jsonb(p) as j from people p",
            {"j": ["people.email:TRANSFORMATION", "people.id:TRANSFORMATION"]},
        ),
        (
            "spark",
            "select t.k from orders lateral view outer posexplode(split(who, ',')) t as k, v",
            {"k": ["orders.who:TRANSFORMATION"]},
        ),
        (
            "spark",
            "select sha2(p.email, 256) as h from orders o left semi join people p on o.id = p.id",
            {"h": ["people.Email:TRANSFORMATION!"]},
        ),
    ],
)
def test_each_dialect_has_its_own_ways(adapter: str, sql: str, expected: Origins) -> None:
    assert fields(lineage(sql, adapter, stored(adapter))) == expected


def test_columns_that_the_query_does_not_name_make_it_incomplete() -> None:
    found = lineage("select columns('i.*') from orders")

    assert not found.is_complete
    assert fields(found) == {}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select id from orders where who = 'x'", ["orders.who:FILTER"]),
        ("select who from orders group by who", ["orders.who:GROUP_BY"]),
        ("select who from orders group by 1", ["orders.who:GROUP_BY"]),
        ("select id from orders order by amount", ["orders.amount:SORT"]),
        ("select amount * 2 as twice from orders order by twice", ["orders.amount:SORT"]),
        (
            "select o.id from orders o join people p on o.who = p.id",
            ["orders.who:JOIN", "people.id:JOIN"],
        ),
        ("select who from orders group by 1 having max(id) > 1", ["orders.id:FILTER"]),
        (
            "select id from orders where who in (select email from people)",
            ["orders.who:FILTER", "people.Email:FILTER"],
        ),
        (
            "with a as (select id from orders where who = 'x') select id from a",
            ["orders.who:FILTER"],
        ),
        (
            "select id from orders qualify row_number() over (order by amount) = 1",
            ["orders.amount:WINDOW"],
        ),
        ("select id from orders except select id from people", ["people.id:FILTER"]),
        ("select who, max(id) as m from orders group by all", ["orders.who:GROUP_BY"]),
        (
            "select m from orders o, lateral (select p.id as m from people p where p.id = o.id)",
            ["orders.id:FILTER", "people.id:FILTER"],
        ),
    ],
)
def test_what_shapes_all_rows_is_told_apart(sql: str, expected: list[str]) -> None:
    assert set(told(lineage(sql).influences)) >= set(expected)


def test_the_influence_of_a_query_that_is_not_read_does_not_count() -> None:
    found = lineage("with a as (select id from orders where who = 'x') select id from people")

    assert found.influences == ()


def test_data_types_come_from_inputs_and_casts_and_are_never_guessed() -> None:
    found = lineage("select amount, id + 1 as next, cast(who as varchar) as w from orders")

    assert found.data_types == {"amount": "DECIMAL(9, 2)", "next": None, "w": "TEXT"}


@pytest.mark.parametrize(
    ("adapter", "sql", "expected"),
    [
        ("duckdb", "select ID, EMAIL from PEOPLE", ["id", "Email"]),
        ("duckdb", "select id as MyId from people", ["MyId"]),
        ("snowflake", 'select id as MyId, id as "MyId" from people', ["MYID", "MyId"]),
        ("postgres", 'select id as MyId, id as "MyId" from people', ["myid", "MyId"]),
        ("bigquery", "select id as `My Id` from `shop`.`main`.`people`", ["My Id"]),
        ("spark", "select id as `My Id` from main.people", ["My Id"]),
        ("databricks", "select id from `shop`.`main`.`people`", ["id"]),
        ("redshift", 'select id from "shop"."main"."people"', ["id"]),
    ],
)
def test_columns_are_spelled_as_the_warehouse_spells_them(
    adapter: str, sql: str, expected: list[str]
) -> None:
    spelled: Mapping[str, Mapping[str, str | None]] = {
        "snowflake": {"ID": None, "EMAIL": None},
        "postgres": {"id": None, "email": None},
    }
    columns = spelled.get(adapter, PEOPLE.columns)
    found = lineage(sql, adapter, (PEOPLE._replace(columns=columns),))

    assert [column.name for column in found.columns] == expected
    assert all(column.origins for column in found.columns)


def test_a_star_over_unknown_columns_is_not_called_complete() -> None:
    unknown = InputRelation("raw", ("shop", "main", "raw"), {})

    found = lineage("select * from shop.main.raw", relations=(unknown,))

    assert not found.is_complete
    assert found.columns == ()


def test_a_column_that_is_named_is_traced_through_a_star_over_unknown_columns() -> None:
    unknown = InputRelation("raw", ("shop", "main", "raw"), {})

    found = lineage("with a as (select * from shop.main.raw) select b from a", relations=(unknown,))

    assert fields(found) == {"b": ["raw.b:IDENTITY"]}


def test_a_relation_that_is_no_input_has_no_place_in_the_lineage() -> None:
    found = lineage("select o.id, x.y from orders o cross join elsewhere x")

    assert fields(found) == {"id": ["orders.id:IDENTITY"], "y": []}


@pytest.mark.parametrize("sql", ["select from where", "", "drop table x", "{{ oops }}"])
def test_what_is_no_query_is_said_to_be_unreadable(sql: str) -> None:
    with pytest.raises(UnreadableSqlError):
        lineage(sql)


def test_a_text_that_ends_too_soon_costs_the_next_query_nothing() -> None:
    sql = "select id from shop.main.people"
    before = lineage(sql)
    with pytest.raises(UnreadableSqlError):
        lineage("select id, 'half of a")

    assert lineage(sql) == before


def test_threads_may_read_queries_at_once() -> None:
    queries = [
        f"select id as c{number}, Email from shop.main.people"  # noqa: S608 - our own names
        for number in range(40)
    ]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lineage, queries))

    assert found == [lineage(sql) for sql in queries]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from (pivot orders on who using sum(amount) group by id)",
        "with p as (pivot orders on who using sum(amount) group by id) select id from p",
        "select * from (unpivot orders on amount, id into name n value v)",
    ],
)
def test_a_pivot_that_is_a_query_of_its_own_says_nothing_rather_than_something_false(
    sql: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UnreadableSqlError, match="PIVOT"):
        lineage(sql)

    assert caplog.records == []


def test_relations_with_and_without_a_database_can_be_in_one_query() -> None:
    short = InputRelation("short", ("main", "people"), {"id": None})

    found = lineage(
        "select a.id, b.who from main.people a join shop.main.orders b using (id)",
        "spark",
        (short, ORDERS),
    )

    assert fields(found) == {"id": ["short.id:IDENTITY"], "who": ["orders.who:IDENTITY"]}
