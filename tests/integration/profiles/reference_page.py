"""Write the tables of the reference page on profiles from what the code says and the tests see.

Run ``python -m tests.integration.profiles.reference_page`` after a change.
"""

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType

from floe.adapters.profiles.table import Field, Kind, Method
from floe.adapters.profiles.tables import TABLES
from floe.adapters.profiles.writer import ProfileWriter
from tests.integration.profiles import adapter_checks, dbt_check
from tests.integration.profiles.cases import CASES, Case

DOCS = Path(__file__).parents[3] / "docs" / "reference"
PAGE = DOCS / "profiles.md"
CONNECTED = DOCS / "connected.json"
NO = "no"
COSMOS = {
    "duckdb/file": "path only",
    "duckdb/memory": "path only",
    "duckdb/attached": "by hand, through `profile_args`",
    "snowflake/password": "`UserPassword`",
    "snowflake/mfa": "`UserPassword` with authenticator",
    "snowflake/key-pair": "`PrivateKeyPem`",
    "snowflake/key-pair-encrypted": "`EncryptedPrivateKeyPem`",
    "snowflake/key-pair-file": "`PrivateKeyFilePem`",
    "snowflake/key-pair-file-encrypted": "`EncryptedPrivateKeyFilePem`",
    "snowflake/browser": "`UserPassword` with authenticator",
    "snowflake/okta": "`UserPassword` with authenticator",
    "bigquery/oauth": "`Oauth`",
    "bigquery/service-account": "`ServiceAccountFile`",
    "bigquery/service-account-json": "`ServiceAccountKeyfileDict`",
    "redshift/database": "`UserPassword`",
    "databricks/token": "`Token`",
    "databricks/oauth-m2m": "`Oauth`",
    "postgres/password": "`UserPassword`",
    "spark/thrift": "host and port only",
}
"""What astronomer-cosmos 1.15.1 maps, read in its source; a method that is not here it does not."""

NOT_CONNECTED = {
    "duckdb/motherduck": "no: a service, and an extension that is fetched from the network",
    "spark/thrift-kerberos": "no: needs a Kerberos realm",
    "spark/odbc": "no: needs the vendor's driver",
}
"""Why no engine on this machine is signed in to by a way."""


def page(text: str) -> str:
    """Return *text* with every generated section written anew."""
    return re.sub(
        r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)",
        lambda match: f"{match[1]}{_SECTIONS[match[2]]()}{match[3]}",
        text,
        flags=re.DOTALL,
    )


def _methods() -> str:
    connected: Mapping[str, str] = json.loads(CONNECTED.read_text(encoding="utf-8"))
    rows = [
        (
            case.profile.outputs["dev"]["type"],
            f"`{case.method}`" + (f" ({case.name})" if case.name else ""),
            _selected_by(case),
            _needs(case),
            "yes",
            _accepted(case),
            connected[case.id] if case.id in connected else NOT_CONNECTED[case.id],
            COSMOS.get(case.id, NO),
        )
        for case in CASES
    ]
    head = (
        "target",
        "method",
        "says in the profile",
        "needs",
        "generated",
        "accepted by the adapter's code",
        "connected",
        "astronomer-cosmos 1.15.1",
    )
    return _table(head, rows)


def _selected_by(case: Case) -> str:
    selector = TABLES[case.target].selector
    if selector is None or selector not in case.profile.outputs["dev"]:
        return "-"
    return f"`{selector}: {case.profile.outputs['dev'][selector]}`"


def _needs(case: Case) -> str:
    method = _method(case)
    table = TABLES[case.target]
    names = [name for name in method.requires if name not in (*table.common, table.selector)]
    either = [f"one of {_code(method.one_of)}"] if method.one_of else []
    return ", ".join([*map(_quoted, names), *either]) or "-"


def _method(case: Case) -> Method:
    return next(each for each in TABLES[case.target].methods if each.name == case.method)


def _accepted(case: Case) -> str:
    """Say how far the adapter's own code went without a connection; raise where it refuses."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        environ = adapter_checks.environment(case, directory)
        text = ProfileWriter().render(case.profile)
        credentials = dbt_check.credentials(text, "dev", environ)
        if case.id in adapter_checks.ASKS_THE_NETWORK:
            return f"credentials; more {adapter_checks.ASKS_THE_NETWORK[case.id]}"
        if not adapter_checks.has_second_look(case):
            return "credentials"
        adapter_checks.with_files(case, credentials, directory)
        adapter_checks.look_again(case, credentials, directory)
        return "credentials, connection arguments"


def _variables() -> str:
    rows = [
        (
            target,
            f"`{path}`",
            f"`{field.variable}`",
            f"`<REF>_{field.suffix}`",
            _when_unset(field),
        )
        for target, table in TABLES.items()
        for path, field in _fields_with_members(table.fields)
        if field.variable
    ]
    head = ("target", "field", "variable", "with a secret reference", "when it is not set")
    return _table(head, rows)


def _when_unset(field: Field) -> str:
    if field.default is not None:
        return f"`{field.default}`"
    if field.optional:
        return "left out"
    return "an error"


def _fields() -> str:
    parts = []
    for target, table in TABLES.items():
        names = [_described(path, field) for path, field in _fields_with_members(table.fields)]
        parts.append(f"**{target}** (`{table.package}`): {', '.join(names)}.\n")
    return "\n" + "\n".join(parts) + "\n"


def _described(path: str, field: Field) -> str:
    kind = "" if field.kind is Kind.TEXT else f" {str(field.kind).replace('_', ' ')}"
    aliases = f" or {_code(field.aliases)}" if field.aliases else ""
    return f"`{path}`{aliases}{kind}{' *secret*' if field.secret else ''}"


def _fields_with_members(fields: tuple[Field, ...], prefix: str = "") -> list[tuple[str, Field]]:
    found: list[tuple[str, Field]] = []
    for field in fields:
        path = prefix + field.name
        found.append((path, field))
        lists = "[]" if field.kind is Kind.RECORDS else ""
        found.extend(_fields_with_members(field.members, f"{path}{lists}."))
    return found


def _example() -> str:
    case = next(each for each in CASES if each.id == "snowflake/key-pair-file-encrypted")
    return f"\n```yaml\n{ProfileWriter().render(case.profile)}```\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n\n"


def _quoted(name: str) -> str:
    return f"`{name}`"


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(map(_quoted, names))


_SECTIONS: Mapping[str, Callable[[], str]] = {
    "methods": _methods,
    "variables": _variables,
    "fields": _fields,
    "example": _example,
}


if __name__ == "__main__":
    sys.modules.setdefault("pyodbc", ModuleType("pyodbc"))
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
