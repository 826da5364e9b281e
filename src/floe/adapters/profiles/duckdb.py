"""DuckDB, as dbt-duckdb opens it: a file, memory, MotherDuck, DuckLake, attached databases."""

import re

from floe.adapters.profiles.findings import Findings
from floe.adapters.profiles.table import SQL_NAME, Field, Kind, Method, Output, Table

_NAME = r"[A-Za-z_]\w*"
_BUILT_IN = ("core_functions", "icu", "json", "parquet")
_ELSEWHERE = re.compile(r"(?i)(?:md|motherduck|ducklake):.*")
_MOTHERDUCK = re.compile(r"(?i)(?:md|motherduck):.*")

_SECRET = Field(
    "secrets",
    Kind.RECORDS,
    pattern=_NAME,
    members=(
        Field("type", required=True, pattern=_NAME),
        Field("name", pattern=_NAME),
        Field("provider", pattern=_NAME),
        Field("persistent", Kind.BOOLEAN),
        Field("scope", Kind.FREE),
        Field("key_id", secret=True),
        Field("secret", secret=True),
        Field("session_token", secret=True),
        Field("connection_string", secret=True),
        Field("account_key", secret=True),
        Field("client_secret", secret=True),
        Field("refresh_token", secret=True),
        Field("password", secret=True),
        Field("token", secret=True),
        Field("extra_http_headers", Kind.TEXT_MAPPING),
    ),
)
_ATTACH = Field(
    "attach",
    Kind.RECORDS,
    closed=True,
    exposed=True,
    members=(
        Field("path", required=True, exposed=True),
        Field("type", pattern=_NAME),
        Field("alias", pattern=_NAME),
        Field("secret", pattern=_NAME),
        Field("read_only", Kind.BOOLEAN),
        Field("options", Kind.FREE, exposed=True, pattern=_NAME),
        Field("is_ducklake", Kind.BOOLEAN),
    ),
)
_REMOTE = Field(
    "remote",
    Kind.RECORD,
    closed=True,
    exposed=True,
    members=(
        Field("host", required=True),
        Field("port", Kind.INTEGER, required=True, minimum=1, maximum=65535),
        Field("user", required=True),
        Field("password", secret=True, exposed=True),
    ),
)
_PLUGIN = Field(
    "plugins",
    Kind.RECORDS,
    closed=True,
    exposed=True,
    members=(
        Field("module", required=True, pattern=r"[A-Za-z_][\w.]*"),
        Field("alias", pattern=_NAME),
        Field("config", Kind.FREE, exposed=True),
    ),
)
_FLIGHTS = Field(
    "flights",
    Kind.RECORD,
    closed=True,
    members=(
        Field("enabled_by_default", Kind.BOOLEAN),
        Field("access_token_name"),
        Field("max_runtime_sec", Kind.INTEGER, minimum=0),
        Field("instance_type"),
        Field("timeout_sec", Kind.INTEGER, minimum=0),
        Field("poll_interval_sec", Kind.NUMBER),
        Field("log_lines", Kind.INTEGER, minimum=0),
        Field("log_url_template"),
        Field("requirements", Kind.TEXTS),
        Field("duckdb_version"),
    ),
)
_RETRIES = Field(
    "retries",
    Kind.RECORD,
    closed=True,
    members=(
        Field("connect_attempts", Kind.INTEGER, minimum=1),
        Field("query_attempts", Kind.INTEGER, minimum=1),
        Field("retryable_exceptions", Kind.TEXTS),
    ),
)
_EXTENSION = Field(
    "extensions",
    Kind.RECORDS,
    or_text=True,
    closed=True,
    pattern=_NAME,
    members=(Field("name", required=True, pattern=_NAME), Field("repo", required=True)),
)


def _check(output: Output, findings: Findings) -> None:
    _check_database(output, findings)
    _check_secrets(output.get("secrets"), findings)
    _check_options(output.get("attach"), findings)
    extensions = output.get("extensions")
    for name in extensions if isinstance(extensions, list) else []:
        if name in _BUILT_IN:
            findings.warn("extensions", f"{name} is built in: dbt would try to download it")
    if _MOTHERDUCK.fullmatch(str(output.get("path"))) and "motherduck_token" not in output:
        findings.warn("path", "DuckDB takes the MotherDuck token from MOTHERDUCK_TOKEN by itself")


def _check_database(output: Output, findings: Findings) -> None:
    """dbt-duckdb wants the database to be named after the file, or an attached one."""
    database, path = output.get("database"), output.get("path", ":memory:")
    if not isinstance(database, str) or not isinstance(path, str) or "remote" in output:
        return
    attached = output.get("attach")
    aliases = [each.get("alias") for each in attached] if isinstance(attached, list) else []
    own = "memory" if path == ":memory:" else path.rsplit("/", 1)[-1].lstrip(".").split(".")[0]
    if not _ELSEWHERE.fullmatch(path) and database != own and database not in aliases:
        findings.problem("database", f"must be {own}, after the path, or an alias under attach")


def _check_secrets(secrets: object, findings: Findings) -> None:
    for index, secret in enumerate(secrets if isinstance(secrets, list) else []):
        if secret.get("persistent") is True:
            findings.problem(
                f"secrets[{index}].persistent",
                "would keep the secret on disk in plain text",
                "leave it out: dbt makes the secret anew for each connection",
            )
        if ("key_id" in secret) != ("secret" in secret):
            findings.problem(f"secrets[{index}]", "needs both key_id and secret, or none")


def _check_options(attached: object, findings: Findings) -> None:
    """Names, values in quotes and what is no scalar reach SQL as they are."""
    for index, each in enumerate(attached if isinstance(attached, list) else []):
        options = each.get("options")
        for key, value in options.items() if isinstance(options, dict) else ():
            path = f"attach[{index}].options.{key}"
            if key == "type" and not re.fullmatch(_NAME, str(value)):
                findings.problem(path, f"must match {_NAME}")
            elif isinstance(value, list | dict) or str(value).strip()[:1] in ("'", '"'):
                findings.problem(path, "must be a plain scalar without quotes")


TABLE = Table(
    name="duckdb",
    package="dbt-duckdb",
    fields=(
        Field(
            "path",
            variable="DUCKDB_PATH",
            default=":memory:",
            optional=True,
            exposed=True,
        ),
        Field("database", pattern=SQL_NAME),
        Field("schema", pattern=SQL_NAME),
        Field("motherduck_token", secret=True, exposed=True),
        Field("config_options", Kind.FREE, exposed=True),
        _EXTENSION,
        Field("settings", Kind.FREE, exposed=True, pattern=_NAME),
        _SECRET,
        Field("external_root"),
        Field("use_credential_provider", choices=("aws",)),
        _ATTACH,
        Field("filesystems", Kind.FREE, exposed=True),
        _REMOTE,
        _PLUGIN,
        Field("disable_transactions", Kind.BOOLEAN),
        Field("keep_open", Kind.BOOLEAN),
        Field("module_paths", Kind.TEXTS),
        _RETRIES,
        _FLIGHTS,
        Field("is_ducklake", Kind.BOOLEAN),
    ),
    methods=(
        Method("file"),
        Method(
            "motherduck",
            accepts=("motherduck_token",),
            when={"path": _MOTHERDUCK.pattern},
        ),
        Method(
            "ducklake",
            when={"path": r"(?i)ducklake:.*"},
        ),
        Method("remote", requires=("remote",), hints=("remote",)),
        Method(
            "attached",
            requires=("attach",),
            accepts=("motherduck_token",),
            hints=("attach",),
        ),
    ),
    harmless=frozenset({"attach.secret"}),
    check=_check,
)
