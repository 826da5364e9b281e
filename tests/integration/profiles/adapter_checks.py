"""The second look that four adapters take at their credentials before they connect."""

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from tests.integration.profiles.cases import Case

PASSPHRASE = "canary passphrase"  # noqa: S105 - of a key that lives for one test
ASKS_THE_NETWORK = {
    "snowflake/oauth-refresh-token": "posts to snowflakecomputing.com",
    "redshift/oauth_token_identity_center-okta": "posts to the identity provider",
    "redshift/oauth_token_identity_center-entra": "posts to the identity provider",
}
"""Where the adapter's own check cannot be had without a connection, and why."""


def has_second_look(case: Case) -> bool:
    """Return whether the adapter looks again without a connection."""
    return case.target in _LOOKS and case.id not in ASKS_THE_NETWORK


def look_again(case: Case, credentials: Any, directory: Path) -> object:
    """Let the adapter of *case* build from *credentials* what it would connect with.

    What Google's library looks for in the environment is a file in *directory*.
    """
    with patch.dict(os.environ, {"GOOGLE_APPLICATION_CREDENTIALS": str(keyfile(directory))}):
        return _LOOKS[case.target](credentials)


def environment(case: Case, directory: Path) -> dict[str, str]:
    """Return variables for *case* with keys that parse; files are put into *directory*."""
    found = case.environment
    for name in found:
        if case.target == "snowflake" and name.endswith("_PASSPHRASE"):
            found[name] = PASSPHRASE
        elif name.endswith("PRIVATE_KEY"):
            found[name] = private_key(_passphrase(case))
        elif name == "GOOGLE_APPLICATION_CREDENTIALS":
            found[name] = str(keyfile(directory))
    return found


def with_files(case: Case, credentials: Any, directory: Path) -> Any:
    """Put a key where *credentials* look for one."""
    if getattr(credentials, "private_key_path", None):
        path = directory / "key.p8"
        path.write_text(private_key(_passphrase(case)), encoding="ascii")
        credentials.private_key_path = str(path)
    return credentials


def _passphrase(case: Case) -> str | None:
    return PASSPHRASE if case.name.endswith("encrypted") else None


@cache
def private_key(passphrase: str | None) -> str:
    """Return an RSA key as PEM, encrypted where there is a *passphrase*; one for each."""
    return new_private_key(passphrase)


def new_private_key(passphrase: str | None = None) -> str:
    """Return an RSA key as PEM that nobody knows yet."""
    key: RSAPrivateKey = generate_private_key(public_exponent=65537, key_size=2048)
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        encryption = serialization.BestAvailableEncryption(passphrase.encode())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    return pem.decode()


def keyfile(directory: Path, key: str | None = None) -> Path:
    """Write the *key* of a service account, or its right one, into *directory*; return its path."""
    path = directory / "keyfile.json"
    content = {
        "type": "service_account",
        "project_id": "acme",
        "private_key_id": "1",
        "private_key": key or private_key(None),
        "client_email": "floe@acme.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _snowflake(credentials: Any) -> object:
    return credentials.auth_args()


def _bigquery(credentials: Any) -> object:
    from dbt.adapters.bigquery.credentials import create_google_credentials

    return create_google_credentials(credentials)


def _redshift(credentials: Any) -> object:
    from dbt.adapters.redshift.connections import get_connection_method

    return get_connection_method(credentials)


def _databricks(credentials: Any) -> object:
    credentials.validate_creds()
    return credentials


_LOOKS: dict[str, Callable[[Any], object]] = {
    "snowflake": _snowflake,
    "bigquery": _bigquery,
    "redshift": _redshift,
    "databricks": _databricks,
}
