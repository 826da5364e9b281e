"""Spot a credential that stands in plain text, by the name of its key or by its look.

What is found is told by key path only: a value never leaves this module.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from floe.domain.model.env_var import EnvVar

_NOTHING: frozenset[str] = frozenset()
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CREDENTIAL_WORDS = frozenset(
    {
        "apikey",
        "authorization",
        "credential",
        "credentials",
        "pass",
        "passcode",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "pat",
        "pwd",
        "secret",
        "secrets",
        "token",
    }
)
_KEY_OF = frozenset(
    {
        "access",
        "account",
        "api",
        "auth",
        "encryption",
        "master",
        "private",
        "secret",
        "shared",
        "signing",
        "storage",
    }
)
_PHRASES = (("connection", "string"), ("keyfile", "json"))
_HARMLESS_ENDINGS = frozenset(
    {
        "count",
        "dir",
        "enabled",
        "endpoint",
        "env",
        "expiration",
        "expiry",
        "file",
        "filepath",
        "format",
        "length",
        "lifetime",
        "limit",
        "method",
        "name",
        "names",
        "path",
        "provider",
        "ref",
        "timeout",
        "ttl",
        "type",
        "uri",
        "url",
        "version",
    }
)
_LOOKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")),
    ("an AWS key", re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Z0-9])")),
    ("a Databricks token", re.compile(r"(?<![0-9a-z])(?:dapi|dose)[0-9a-f]{32}")),
    ("a JSON web token", re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*")),
    ("a Google token", re.compile(r"(?<![\w-])(?:ya29\.[\w-]{20,}|AIza[\w-]{35})")),
    ("a GitHub token", re.compile(r"(?<![A-Za-z0-9])(?:gh[pousr]_\w{36}|github_pat_\w{22,})")),
    ("an Authorization header", re.compile(r"(?i)^\s*(?:bearer|basic)\s+[\w+/=.~-]{8,}\s*$")),
    ("user information in a URL", re.compile(r"[A-Za-z][\w+.-]*://[^/?#\s@]+@")),
    ("user information", re.compile(r"^[^\s/:@]+:[^\s/:@]+@[\w.-]+")),
    (
        "a password in a connection string",
        re.compile(
            r"(?i)(?:password|passwd|pwd|passphrase|secret|token|(?:access|account|api)_?key"
            r"|[?&]sig)\s*=\s*[^\s;&]"
        ),
    ),
)


class LiteralCredential(NamedTuple):
    """Where a credential stands (*path*, dots and ``[index]``) and why it counts as one."""

    path: str
    reason: str


def is_credential_key(key: str) -> bool:
    """Return whether a value under *key* is a credential, going by the words in the name.

    ``private_key_path`` and ``token_uri`` say where something is, so they are not.
    """
    words = tuple(word.lower() for word in _WORD.findall(key))
    if not words or words[-1] in _HARMLESS_ENDINGS:
        return False
    if words[-1] in _CREDENTIAL_WORDS:
        return True
    pairs = tuple(pairwise(words))
    return any(first in _KEY_OF and second == "key" for first, second in pairs) or any(
        phrase in pairs for phrase in _PHRASES
    )


def looks_like_credential(text: str) -> str | None:
    """Return what kind of credential *text* looks like, or None."""
    return next((kind for kind, pattern in _LOOKS if pattern.search(text)), None)


def literal_credentials(
    value: object,
    *,
    secret_paths: Collection[str] = _NOTHING,
    harmless_paths: Collection[str] = _NOTHING,
) -> Iterator[LiteralCredential]:
    """Yield every credential in plain text in *value*, a nest of mappings and sequences.

    *secret_paths* and *harmless_paths* (dots, without list indexes) overrule what the name of a
    key says. ``EnvVar`` values and texts with ``{{`` are references or templates, which are not
    literals; an empty text hides nothing.
    """
    rules = _Rules(frozenset(secret_paths), frozenset(harmless_paths))
    yield from _walk(value, "", "", under_credential=False, rules=rules)


class _Rules(NamedTuple):
    secret_paths: frozenset[str]
    harmless_paths: frozenset[str]

    def is_secret(self, key: str, plain_path: str) -> bool:
        if plain_path in self.harmless_paths:
            return False
        return plain_path in self.secret_paths or is_credential_key(key)


def _walk(
    value: object, path: str, plain: str, *, under_credential: bool, rules: _Rules
) -> Iterator[LiteralCredential]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            where = f"{path}.{key}" if path else str(key)
            plain_path = f"{plain}.{key}" if plain else str(key)
            secret = rules.is_secret(str(key), plain_path)
            yield from _walk(item, where, plain_path, under_credential=secret, rules=rules)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            where = f"{path}[{index}]"
            yield from _walk(item, where, plain, under_credential=under_credential, rules=rules)
    elif reason := _reason(value, under_credential=under_credential):
        yield LiteralCredential(path, reason)


def _reason(value: object, *, under_credential: bool) -> str | None:
    if value is None or value == "" or isinstance(value, EnvVar | bool):
        return None
    if isinstance(value, str) and "{{" in value:
        return None
    if under_credential:
        return "holds a credential in plain text"
    kind = looks_like_credential(value) if isinstance(value, str) else None
    return f"looks like {kind} in plain text" if kind else None
