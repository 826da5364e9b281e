"""Apache Spark, as dbt-spark signs in to it."""

from collections.abc import Mapping

from floe.adapters.profiles.findings import Findings
from floe.adapters.profiles.table import SQL_NAME, Field, Kind, Method, Output, Properties, Table

_NO_SEMICOLON = r"[^;{}]*"
_SUBMIT = {"master": "spark.master", "deploy_mode": "spark.submit.deployMode"}


def _prepare(properties: Properties, _findings: Findings) -> Properties:
    """Put what the contract says of a session (master, configurations) where dbt-spark reads it."""
    prepared = dict(properties)
    moved = {
        parameter: prepared.pop(name) for name, parameter in _SUBMIT.items() if name in prepared
    }
    if isinstance(configurations := prepared.get("configurations"), Mapping):
        moved = {**configurations, **moved}
        del prepared["configurations"]
    given = prepared.get("server_side_parameters", {})
    if moved and isinstance(given, Mapping):
        prepared["server_side_parameters"] = {**moved, **given}
    return prepared


def _check(output: Output, findings: Findings) -> None:
    if output.get("database", output["schema"]) != output["schema"]:
        findings.problem("database", "must be left out or equal the schema: in Spark they are one")
    if output.get("use_ssl") is True and output["method"] == "thrift":
        findings.warn("use_ssl", "dbt-spark does not verify the server's certificate")


TABLE = Table(
    name="spark",
    package="dbt-spark",
    fields=(
        Field("method", required=True),
        Field("host", variable="SPARK_HOST", pattern=_NO_SEMICOLON),
        Field("port", Kind.INTEGER, minimum=1, maximum=65535),
        Field("schema", variable="SPARK_SCHEMA", pattern=SQL_NAME),
        Field("database", pattern=SQL_NAME),
        Field("driver", variable="SPARK_DRIVER", pattern=_NO_SEMICOLON),
        Field("cluster", variable="SPARK_CLUSTER", pattern=_NO_SEMICOLON),
        Field("endpoint", pattern=_NO_SEMICOLON),
        Field("token", secret=True, variable="SPARK_TOKEN"),
        Field("user", variable="SPARK_USER", pattern=_NO_SEMICOLON),
        Field("password", secret=True, variable="SPARK_PASSWORD"),
        Field("auth", choices=("NONE", "NOSASL", "LDAP", "CUSTOM", "KERBEROS")),
        Field("kerberos_service_name", variable="SPARK_KERBEROS_SERVICE_NAME"),
        Field("organization", pattern=_NO_SEMICOLON),
        Field("connection_string_suffix"),
        Field("connect_retries", Kind.INTEGER, minimum=0),
        Field("connect_timeout", Kind.INTEGER, minimum=0),
        Field("use_ssl", Kind.BOOLEAN),
        Field("server_side_parameters", Kind.TEXT_MAPPING),
        Field("retry_all", Kind.BOOLEAN),
        Field("query_timeout", Kind.INTEGER, minimum=0),
        Field("poll_interval", Kind.INTEGER, minimum=1),
        Field("query_retries", Kind.INTEGER, minimum=0),
    ),
    selector="method",
    common=("host", "schema"),
    methods=(
        Method(
            "thrift",
            selector="thrift",
            accepts=("user", "auth"),
            # dbt-spark's own default port is that of HTTPS, and it asks only every five seconds.
            defaults={"port": 10000, "poll_interval": 1},
        ),
        Method(
            "thrift-password",
            selector="thrift",
            requires=("user", "password", "auth"),
            hints=("password",),
            when={"auth": "LDAP|CUSTOM"},
            defaults={"port": 10000, "poll_interval": 1, "auth": "LDAP"},
        ),
        Method(
            "thrift-kerberos",
            selector="thrift",
            requires=("kerberos_service_name", "auth"),
            accepts=("user",),
            hints=("kerberos_service_name",),
            when={"auth": "KERBEROS"},
            defaults={"port": 10000, "poll_interval": 1, "auth": "KERBEROS"},
        ),
        Method(
            "http",
            selector="http",
            requires=("token", "cluster"),
            accepts=("user",),
            defaults={"port": 443},
        ),
        Method(
            "odbc",
            selector="odbc",
            requires=("driver",),
            accepts=("token", "user"),
            one_of=("cluster", "endpoint", "connection_string_suffix"),
            defaults={"port": 443},
        ),
        Method(
            "session",
            selector="session",
            # dbt-spark wants a host here too, and does nothing with it.
            defaults={"host": "localhost"},
        ),
    ),
    conflicts=(("cluster", "endpoint"),),
    prepare=_prepare,
    check=_check,
)
