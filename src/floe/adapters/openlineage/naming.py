"""What a dataset is called, so that every producer calls it the same.

The OpenLineage naming specification decides; DuckDB and a Spark thrift server are not in it and
follow the pattern of their neighbours. The name that openlineage-dbt would give, and the one that
a folding warehouse shows, are aliases where they differ.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from floe.adapters.openlineage.connection import Connection
from floe.domain.model.manifest import DbtNode

_UNKNOWN = "unknown"
_REDSHIFT = re.compile(
    r"(?P<cluster>[^.]+)\.[^.]+\.(?P<region>[a-z0-9-]+)\.redshift(-serverless)?\.amazonaws\.com"
    r"(\.cn)?"
)
_SPARK_PORTS = {"thrift": "10001", "http": "443", "odbc": "443"}
_FOLDED_UP = {"snowflake"}
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


class DatasetName(NamedTuple):
    """The identity of a dataset."""

    namespace: str
    name: str


class DatasetNames:
    """Names the relations of one warehouse; *namespace* overrides what its connection says."""

    def __init__(self, connection: Connection, namespace: str | None = None) -> None:
        self._connection = connection
        self._namespace = namespace or warehouse_namespace(connection)
        self._legacy = legacy_namespace(connection)
        self._overridden = namespace is not None

    @property
    def adapter_type(self) -> str:
        """The dbt adapter whose warehouse this is."""
        return self._connection.adapter_type

    @property
    def namespace(self) -> str:
        """The namespace of everything that is not in an attached database."""
        return self._namespace

    def name_of(self, node: DbtNode) -> DatasetName:
        """Return the official name of the relation of *node*."""
        parts = self._parts(node)
        attached = self._connection.attached.get(node.database)
        if attached is None or self._overridden:
            return DatasetName(self._namespace, ".".join(parts))
        own = (attached.database,) if attached.database else ()
        return DatasetName(attached.namespace, ".".join((*own, *parts[1:])))

    def aliases_of(self, node: DbtNode) -> tuple[DatasetName, ...]:
        """Return the other names under which producers know the relation of *node*."""
        official = self.name_of(node)
        legacy = ".".join(part for part in (node.database, node.schema_name, node.alias) if part)
        found = [DatasetName(self._legacy, legacy)]
        if self.adapter_type in _FOLDED_UP:
            shown = ".".join(_folded(part) for part in self._parts(node))
            found.append(DatasetName(official.namespace, shown))
        return tuple(name for name in dict.fromkeys(found) if name != official)

    def _parts(self, node: DbtNode) -> tuple[str, ...]:
        parts = node.relation
        without_catalog = {"hive_metastore", "spark_catalog"}
        if self.adapter_type in {"databricks", "spark"} and node.database in without_catalog:
            return parts[1:]
        return parts


def warehouse_namespace(connection: Connection) -> str:
    """Return the namespace of the warehouse behind *connection*, by the specification."""
    rule = _RULES.get(connection.adapter_type, _by_address)
    return rule(connection)


def legacy_namespace(connection: Connection) -> str:
    """Return the namespace that openlineage-dbt gives."""
    rule = _LEGACY.get(connection.adapter_type, warehouse_namespace)
    return rule(connection)


def _duckdb(connection: Connection) -> str:
    return f"duckdb://{connection.fact('path', default=':memory:')}"


def _duckdb_as_written(connection: Connection) -> str:
    return f"duckdb://{connection.fact('written_path', default=':memory:')}"


def _snowflake(connection: Connection) -> str:
    """Name an account by organisation, or by locator with its region and cloud."""
    account = connection.fact("account", default=_UNKNOWN)
    account = account.removeprefix("https://").removesuffix("/")
    account = account.removesuffix(".snowflakecomputing.com")
    parts = [part for part in account.split(".") if part != "privatelink"]
    if "-" in parts[0] or parts == [_UNKNOWN]:
        return f"snowflake://{parts[0]}"
    if len(parts) == 1:
        parts += ["us-west-1", "aws"]
    elif len(parts) == 2:  # noqa: PLR2004 - locator and region
        parts.append("aws")
    return f"snowflake://{'.'.join(parts)}"


def _bigquery(connection: Connection) -> str:
    return connection.adapter_type


def _redshift(connection: Connection) -> str:
    host = connection.fact("host", default=_UNKNOWN).lower()
    port = connection.fact("port", default="5439")
    aws = _REDSHIFT.fullmatch(host)
    if aws is not None:
        return f"redshift://{aws['cluster']}.{aws['region']}:{port}"
    cluster, region = connection.fact("cluster_id"), connection.fact("region")
    if cluster and region:
        return f"redshift://{cluster}.{region}:{port}"
    return f"redshift://{host}:{port}"


def _redshift_by_host(connection: Connection) -> str:
    host, port = connection.fact("host", default=_UNKNOWN), connection.fact("port", default="5439")
    return f"redshift://{host}:{port}"


def _postgres(connection: Connection) -> str:
    host = connection.fact("host", default="localhost").lower()
    if host.startswith(("/", "@")):
        host = "localhost"
    return f"postgres://{host}:{connection.fact('port', default='5432')}"


def _postgres_as_written(connection: Connection) -> str:
    host = connection.fact("host", default="localhost")
    return f"postgres://{host}:{connection.fact('port', default='5432')}"


def _databricks(connection: Connection) -> str:
    host = _bare_host(connection.fact("host", default=_UNKNOWN))
    if connection.fact("catalog", "database") == "hive_metastore":
        return f"databricks://{host}"
    return f"unitycatalog://{host}"


def _databricks_by_host(connection: Connection) -> str:
    return f"databricks://{_bare_host(connection.fact('host', default=_UNKNOWN))}"


def _spark(connection: Connection) -> str:
    method = connection.fact("method", default="thrift")
    host = connection.fact("host")
    if method == "session" or not host or host == "NA":
        return "spark://localhost"
    port = connection.fact("port", default=_SPARK_PORTS.get(method, "443"))
    return f"spark://{_bare_host(host)}:{port}"


def _by_address(connection: Connection) -> str:
    host = _bare_host(connection.fact("host", "server", default=_UNKNOWN))
    port = connection.fact("port")
    return f"{connection.adapter_type}://{host}" + (f":{port}" if port else "")


def _bare_host(host: str) -> str:
    return host.split("://", 1)[-1].rsplit("@", 1)[-1].split("/", 1)[0].lower()


def _folded(part: str) -> str:
    return part.upper() if _PLAIN.fullmatch(part) else part


_RULES: Mapping[str, Callable[[Connection], str]] = {
    "duckdb": _duckdb,
    "snowflake": _snowflake,
    "bigquery": _bigquery,
    "redshift": _redshift,
    "postgres": _postgres,
    "databricks": _databricks,
    "spark": _spark,
}
_LEGACY: Mapping[str, Callable[[Connection], str]] = {
    "duckdb": _duckdb_as_written,
    "redshift": _redshift_by_host,
    "postgres": _postgres_as_written,
    "databricks": _databricks_by_host,
}
