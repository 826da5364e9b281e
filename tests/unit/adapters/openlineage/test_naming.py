"""The names of datasets: one golden table for all targets, and what may never be in a name."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.openlineage.connection import Connection
from floe.adapters.openlineage.naming import DatasetName, DatasetNames
from floe.domain.model.env_var import EnvVar
from floe.domain.model.lineage import LineageDataset
from tests.fakes import node

PROJECT = Path("/srv/shop")
ACCOUNT = {"type": "snowflake"}
CLUSTER = "dwh.c1abcdef.eu-west-1.redshift.amazonaws.com"
SERVERLESS = "wg.123456789012.us-east-2.redshift-serverless.amazonaws.com"

GOLDEN: list[tuple[str, dict[str, Any], str]] = [
    ("duckdb", {"path": "shop.duckdb"}, "duckdb:///srv/shop/shop.duckdb"),
    ("duckdb", {"path": "./data/../shop.duckdb"}, "duckdb:///srv/shop/shop.duckdb"),
    ("duckdb", {"path": "/data/my shop.duckdb"}, "duckdb:///data/my%20shop.duckdb"),
    ("duckdb", {"path": ":memory:"}, "duckdb://:memory:"),
    ("duckdb", {}, "duckdb://:memory:"),
    ("duckdb", {"path": "md:shop?motherduck_token=s3cr3t"}, "duckdb://md:shop"),
    ("duckdb", {"path": "s3://bucket/shop.duckdb?key=s3cr3t"}, "duckdb://s3://bucket/shop.duckdb"),
    ("snowflake", {"account": "acme-prod1"}, "snowflake://acme-prod1"),
    ("snowflake", {"account": "acme-prod1.privatelink"}, "snowflake://acme-prod1"),
    ("snowflake", {"account": "xy12345"}, "snowflake://xy12345.us-west-1.aws"),
    ("snowflake", {"account": "xy12345.eu-central-1"}, "snowflake://xy12345.eu-central-1.aws"),
    ("snowflake", {"account": "xy12345.east-us-2.azure"}, "snowflake://xy12345.east-us-2.azure"),
    (
        "snowflake",
        {"account": "xy12345.fhplus.us-gov-west-1.aws"},
        "snowflake://xy12345.fhplus.us-gov-west-1.aws",
    ),
    (
        "snowflake",
        {"account": "https://acme-prod1.snowflakecomputing.com/"},
        "snowflake://acme-prod1",
    ),
    ("bigquery", {"project": "acme"}, "bigquery"),
    ("redshift", {"host": CLUSTER, "port": 5440}, "redshift://dwh.eu-west-1:5440"),
    ("redshift", {"host": CLUSTER}, "redshift://dwh.eu-west-1:5439"),
    ("redshift", {"host": SERVERLESS}, "redshift://wg.us-east-2:5439"),
    (
        "redshift",
        {"host": "dwh.internal", "cluster_id": "dwh", "region": "eu-west-1"},
        "redshift://dwh.eu-west-1:5439",
    ),
    ("redshift", {"host": "dwh.internal"}, "redshift://dwh.internal:5439"),
    ("postgres", {"host": "db.shop.svc", "port": 5433}, "postgres://db.shop.svc:5433"),
    ("postgres", {"host": "DB"}, "postgres://db:5432"),
    ("postgres", {"host": "/var/run/postgresql"}, "postgres://localhost:5432"),
    (
        "databricks",
        {"host": "https://adb-1.azuredatabricks.net/", "catalog": "main"},
        "unitycatalog://adb-1.azuredatabricks.net",
    ),
    (
        "databricks",
        {"host": "adb-1.azuredatabricks.net", "catalog": "hive_metastore"},
        "databricks://adb-1.azuredatabricks.net",
    ),
    ("spark", {"method": "thrift", "host": "sts"}, "spark://sts:10001"),
    ("spark", {"method": "thrift", "host": "sts", "port": 10000}, "spark://sts:10000"),
    ("spark", {"method": "http", "host": "sts"}, "spark://sts:443"),
    ("spark", {"method": "session", "host": "NA"}, "spark://localhost"),
    ("exasol", {"host": "exa", "port": 8563}, "exasol://exa:8563"),
]


def names(adapter: str, output: dict[str, Any], namespace: str | None = None) -> DatasetNames:
    return DatasetNames(Connection.of(adapter, output, {}, PROJECT), namespace)


@pytest.mark.parametrize(("adapter", "output", "namespace"), GOLDEN)
def test_a_warehouse_is_named_by_the_specification(
    adapter: str, output: dict[str, Any], namespace: str
) -> None:
    assert names(adapter, output).namespace == namespace


@pytest.mark.parametrize(("adapter", "output", "namespace"), GOLDEN)
def test_every_name_is_one_that_a_dataset_accepts(
    adapter: str, output: dict[str, Any], namespace: str
) -> None:
    name = names(adapter, output).name_of(node("model.shop.orders"))

    assert LineageDataset(namespace=name.namespace, name=name.name).namespace == namespace


def test_a_relation_is_named_by_database_schema_and_identifier() -> None:
    source = node("source.shop.orders", identifier="raw_orders")

    assert names("postgres", {"host": "db"}).name_of(source) == DatasetName(
        "postgres://db:5432", "shop.main.raw_orders"
    )


def test_spark_has_no_database() -> None:
    table = node("model.shop.orders", database=None)

    assert names("spark", {"host": "sts"}).name_of(table).name == "main.orders"


@pytest.mark.parametrize(
    ("adapter", "output", "alias"),
    [
        ("duckdb", {"path": "shop.duckdb"}, "duckdb://shop.duckdb"),
        ("redshift", {"host": CLUSTER}, f"redshift://{CLUSTER}:5439"),
        ("databricks", {"host": "https://adb"}, "databricks://adb"),
    ],
)
def test_the_name_that_openlineage_dbt_gives_is_an_alias(
    adapter: str, output: dict[str, Any], alias: str
) -> None:
    aliases = names(adapter, output).aliases_of(node("model.shop.orders"))

    assert aliases == (DatasetName(alias, "shop.main.orders"),)


def test_a_source_is_known_to_openlineage_dbt_by_its_name_in_the_project() -> None:
    source = node("source.shop.lake.orders", name="orders", identifier="raw_orders")

    (alias,) = names("postgres", {"host": "db"}).aliases_of(source)

    assert alias.name == "shop.main.orders"


def test_where_all_agree_there_is_no_alias() -> None:
    assert names("bigquery", {}).aliases_of(node("model.shop.orders")) == ()


def test_the_name_that_snowflake_shows_is_an_alias() -> None:
    aliases = names("snowflake", ACCOUNT | {"account": "a-b"}).aliases_of(node("model.shop.orders"))

    assert aliases == (DatasetName("snowflake://a-b", "SHOP.MAIN.ORDERS"),)


def test_the_namespace_can_be_overridden() -> None:
    named = names("postgres", {"host": "db"}, "postgres://shop.example.org:5432")
    orders = node("model.shop.orders")

    assert named.name_of(orders).namespace == "postgres://shop.example.org:5432"
    assert named.aliases_of(orders) == (DatasetName("postgres://db:5432", "shop.main.orders"),)


@pytest.mark.parametrize(
    ("attached", "namespace", "name"),
    [
        ({"path": "lake.duckdb", "alias": "lake"}, "duckdb:///srv/shop/lake.duckdb", "lake.main.o"),
        ({"path": "big.duckdb", "alias": "lake"}, "duckdb:///srv/shop/big.duckdb", "big.main.o"),
        ({"path": "/data/lake.duckdb"}, "duckdb:///data/lake.duckdb", "lake.main.o"),
        ({"path": "md:lake?motherduck_token=s3cr3t"}, "duckdb://md:lake", "lake.main.o"),
        (
            {"path": "old.db", "alias": "lake", "type": "sqlite"},
            "sqlite:///srv/shop/old.db",
            "old.main.o",
        ),
        (
            {"path": "host=pg port=5433 user=me password=s3cr3t dbname=erp", "type": "postgres"},
            "postgres://pg:5433",
            "erp.main.o",
        ),
        ({"path": "host=pg", "type": "postgres"}, "postgres://pg:5432", "lake.main.o"),
        ({"path": "postgres://me:s3cr3t@pg/erp"}, "postgres://pg:5432", "erp.main.o"),
        ({"path": "postgres:dbname=erp host=pg"}, "postgres://pg:5432", "erp.main.o"),
        ({"path": "host=my password=s3cr3t", "type": "mysql"}, "mysql://my:3306", "main.o"),
    ],
)
def test_an_attached_database_has_the_name_that_it_has_at_home(
    attached: dict[str, str], namespace: str, name: str
) -> None:
    named = names("duckdb", {"path": "shop.duckdb", "attach": [{"alias": "lake", **attached}]})
    orders = node("model.shop.orders", database="lake", alias="o")

    assert named.name_of(orders) == DatasetName(namespace, name)
    assert DatasetName("duckdb://shop.duckdb", "lake.main.o") in named.aliases_of(orders)
    assert named.name_of(node("model.shop.orders")).namespace == "duckdb:///srv/shop/shop.duckdb"


def test_an_attached_database_without_an_alias_is_called_like_its_file() -> None:
    named = names("duckdb", {"path": "shop.duckdb", "attach": [{"path": "/data/lake.duckdb"}]})

    orders = named.name_of(node("model.shop.orders", database="lake"))

    assert orders == DatasetName("duckdb:///data/lake.duckdb", "lake.main.orders")


def test_references_are_read_from_the_environment() -> None:
    output = {
        "host": EnvVar(name="POSTGRES_HOST"),
        "port": EnvVar(name="POSTGRES_PORT", default=5432),
        "password": EnvVar(name="POSTGRES_PASSWORD", secret=True),
    }
    environ = {"POSTGRES_HOST": "db", "POSTGRES_PASSWORD": "s3cr3t"}

    connection = Connection.of("postgres", output, environ)

    assert DatasetNames(connection).namespace == "postgres://db:5432"
    assert "s3cr3t" not in connection.facts.values()


def test_a_warehouse_that_nothing_is_known_of_still_has_a_name() -> None:
    for adapter in ("snowflake", "redshift", "databricks", "exasol"):
        assert names(adapter, {}).namespace.startswith(f"{adapter}://") or adapter == "databricks"


@given(secret=st.text("abcdef0123456789", min_size=8), database=st.text("xyz", min_size=1))
def test_no_token_is_ever_part_of_a_name(secret: str, database: str) -> None:
    named = names(
        "duckdb",
        {
            "path": f"md:{database}?motherduck_token={secret}",
            "attach": [{"path": f"md:other?token={secret}", "alias": "lake"}],
        },
    )
    tables = (node("model.shop.a"), node("model.shop.b", database="lake"))

    said = [named.name_of(item) for item in tables]
    said += [alias for item in tables for alias in named.aliases_of(item)]

    assert not [name for name in said if secret in name.namespace]
