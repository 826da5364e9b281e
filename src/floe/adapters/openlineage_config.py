"""What users of openlineage-python have configured, read as data: nothing that it names is run.

The file is that of ``OPENLINEAGE_CONFIG`` and no other: an ``openlineage.yml`` that happens to lie
in the working directory may be anybody's. ``OPENLINEAGE__TRANSPORT__...`` is what the variables of
openlineage-python 1.x say. Only the section ``transport`` counts: what leaves a run is decided by
floe's own settings.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from floe.domain.model.endpoint import lineage_endpoint
from floe.domain.model.errors import ConfigurationError, EnvironmentNotReadyError, Problem

CONFIG = "OPENLINEAGE_CONFIG"
AUTH = "OPENLINEAGE__TRANSPORT__AUTH"
_TRANSPORT = "OPENLINEAGE__TRANSPORT__"
_TRUE = frozenset({"true", "1", "yes", "on"})
_HTTP = frozenset({"http", "async_http"})
Section: TypeAlias = Mapping[str, Any]


def client_settings(environ: Mapping[str, str]) -> Section:
    """Return the settings that the transport in *environ* amounts to; nothing where none is named.

    Raises:
        ConfigurationError: The file cannot be read, or has no transport with a type.
    """
    if environ.get("OPENLINEAGE_DISABLED", "").strip().lower() in _TRUE:
        return {}
    path = environ.get(CONFIG, "").strip()
    if path:
        return {"lineage": _settings(_in_file(Path(path)), CONFIG, {"auth_file": path})}
    transport = _in_variables(environ, _TRANSPORT)
    if not transport:
        return {}
    return {"lineage": _settings(transport, _TRANSPORT, {"auth_env": AUTH})}


def auth_in_file(path: Path) -> Section:
    """Return how to sign in, as the file at *path* says it now.

    Raises:
        EnvironmentNotReadyError: The file cannot be read any more, or says nothing of it.
    """
    try:
        auth = _in_file(path).get("auth")
    except ConfigurationError as error:
        raise EnvironmentNotReadyError(*error.problems) from error
    return _mapping(auth, str(path))


def auth_in_variables(name: str, environ: Mapping[str, str]) -> Section:
    """Return how to sign in, as the variable *name* says it in JSON, or those that begin with it.

    Raises:
        EnvironmentNotReadyError: None of them says anything.
    """
    whole = _in_variables(environ, f"{name}__")
    return whole or _mapping(_value(environ.get(name, "")), name)


def _settings(transport: Section, where: str, auth: dict[str, str]) -> dict[str, Any]:
    kind = str(transport.get("type", "")).strip()
    if not kind:
        problem = Problem("the transport has no type", where, "write `type: http`, say")
        raise ConfigurationError(problem)
    if kind in {"console", "noop"}:
        return {"kind": kind}
    if kind not in _HTTP:
        return {"kind": "transport", "config": dict(transport)}
    url = str(transport.get("url", ""))
    if not url:
        raise ConfigurationError(Problem("the transport has no url", where, "name the backend"))
    given = {
        "timeout_s": transport.get("timeout"),
        "compress": True if transport.get("compression") == "gzip" else None,
        "headers": transport.get("custom_headers"),
        "ca_bundle": transport["verify"] if isinstance(transport.get("verify"), str) else None,
    }
    return {
        "kind": "http",
        "url": lineage_endpoint(url, str(transport.get("endpoint", ""))),
        **{name: value for name, value in given.items() if value is not None},
        **(auth if transport.get("auth") else {}),
    }


def _in_file(path: Path) -> Section:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        what = f"the configuration of OpenLineage cannot be read: {type(error).__name__}"
        fix = f"make it a YAML file, or unset {CONFIG}"
        raise ConfigurationError(Problem(what, str(path), fix)) from None
    transport = document.get("transport") if isinstance(document, dict) else None
    if not isinstance(transport, dict):
        problem = Problem(
            "there is no transport in it", str(path), "write `transport: {type: ...}`"
        )
        raise ConfigurationError(problem)
    return transport


def _in_variables(environ: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """Return what stands under *prefix*: two underscores lead into a section."""
    found: dict[str, Any] = {}
    for name in sorted(environ):
        section = found
        *path, last = name.removeprefix(prefix).lower().split("__")
        if not name.startswith(prefix) or not all((*path, last)):
            continue
        for part in path:
            nested = section.setdefault(part, {})
            section = nested if isinstance(nested, dict) else {}
        section[last] = _value(environ[name])
    return found


def _value(text: str) -> Any:  # noqa: ANN401 - JSON of any shape, or a text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _mapping(value: object, where: str) -> Section:
    if not isinstance(value, dict):
        raise EnvironmentNotReadyError(Problem("it does not say how to sign in", where))
    return value
