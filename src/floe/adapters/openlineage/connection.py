"""Where a warehouse is, from a generated profile and the environment; never how to sign in."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import quote, urlsplit

from floe.domain.model.env_var import EnvVar

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:")
_CONNINFO = re.compile(r"(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|\S+)")


_DEFAULT_PORTS = {"postgres": "5432", "mysql": "3306"}


class Attached(NamedTuple):
    """A database that DuckDB attaches: where it is, and what it is called there, if anything."""

    namespace: str
    database: str


class Connection(NamedTuple):
    """The facts of one dbt output: field → text, for every field that is no secret."""

    adapter_type: str
    facts: Mapping[str, str]
    attached: Mapping[str, Attached] = {}

    @classmethod
    def of(
        cls,
        adapter_type: str,
        output: Mapping[str, object],
        environ: Mapping[str, str],
        project_dir: Path | None = None,
    ) -> Self:
        """Return the facts of *output*, its references to variables read from *environ*.

        *attached* maps the alias of each attached database → its name elsewhere. Paths are relative
        to *project_dir*, from which dbt runs.
        """
        facts = {name: _text(value, environ) for name, value in output.items()}
        known = {name: text for name, text in facts.items() if text}
        attached: dict[str, Attached] = {}
        if adapter_type == "duckdb":
            known["path"] = known.get("path", ":memory:")
            known["written_path"] = without_secrets(known["path"])
            known["path"] = located(known["path"], project_dir)
            attached = _attached(output.get("attach"), environ, project_dir)
        return cls(adapter_type, known, attached)

    def fact(self, *names: str, default: str = "") -> str:
        """Return the first of *names* that is known."""
        return next((self.facts[name] for name in names if name in self.facts), default)


def located(path: str, project_dir: Path | None) -> str:
    """Return a DuckDB database path in its one spelling: absolute, quoted, without secrets."""
    bare = without_secrets(path)
    if bare in {"", ":memory:"} or _REMOTE.match(bare):
        return quote(bare or ":memory:", safe=":/@+.-_~=")
    base = project_dir if project_dir is not None else Path()
    return quote(os.path.normpath(base.absolute() / Path(bare).expanduser()))


def without_secrets(path: str) -> str:
    """Return *path* without the parts in which tokens and passwords stand."""
    if "=" in path and not path.startswith(("/", ".")) and _CONNINFO.search(path):
        path = path.split("?", 1)[0]
        return re.sub(r"\b(password|passwd|token|secret)\s*=\s*('[^']*'|\S+)", "", path).strip()
    bare = path.split("?", 1)[0]
    if "://" in bare:
        parts = urlsplit(bare)
        return f"{parts.scheme}://{parts.netloc.rsplit('@', 1)[-1]}{parts.path}"
    return bare


def _text(value: object, environ: Mapping[str, str]) -> str:
    if isinstance(value, EnvVar):
        if value.secret:
            return ""
        fallback = "" if value.default is None else str(value.default)
        return environ.get(value.name, fallback)
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    return ""


def _attached(
    entries: object, environ: Mapping[str, str], project_dir: Path | None
) -> dict[str, Attached]:
    """Return the databases that dbt-duckdb attaches to the main one, by alias."""
    found: dict[str, Attached] = {}
    for entry in entries if isinstance(entries, list | tuple) else ():
        if not isinstance(entry, Mapping):
            continue
        path = _text(entry.get("path"), environ)
        if not path:
            continue
        stem = Path(without_secrets(path).split(":")[-1]).stem
        alias = _text(entry.get("alias"), environ) or stem
        kind = _kind(_text(entry.get("type"), environ).lower(), path)
        if kind in _DEFAULT_PORTS:
            found[alias] = _server(kind, path, alias)
        else:
            found[alias] = Attached(f"{kind}://{located(path, project_dir)}", stem)
    return found


def _kind(named: str, path: str) -> str:
    if named in {"postgres", "mysql", "sqlite"}:
        return named
    schemes = {"postgres": "postgres", "postgresql": "postgres", "mysql": "mysql"}
    return schemes.get(path.split(":", 1)[0], "duckdb")


def _server(kind: str, path: str, alias: str) -> Attached:
    """Return a server's database by the server's own name of it; MySQL's are its schemas."""
    info = {key: value.strip("'") for key, value in _CONNINFO.findall(path)}
    parts = urlsplit(path)
    host = parts.hostname or info.get("host", "localhost")
    port = parts.port or info.get("port", _DEFAULT_PORTS[kind])
    database = (parts.path.strip("/") if parts.hostname else info.get("dbname")) or alias
    return Attached(f"{kind}://{host}:{port}", "" if kind == "mysql" else database)
