"""Snowflake's own adapter and connector; behind Snowflake's host is fakesnow."""

import dataclasses
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from tests.integration.engines import amazon, browser, fakesnow_server
from tests.integration.engines.connected import Connected
from tests.integration.engines.process import accepts, free_port, running
from tests.integration.engines.project import EngineProject, builds_well
from tests.integration.engines.signing_in import Attempt, Outcome, outcomes
from tests.integration.engines.snowflake_hosts import (
    CLIENT,
    PASSWORD,
    REFRESH_TOKEN,
    TOKEN,
    Snowflake,
    workload,
)
from tests.integration.engines.web import Internet, internet
from tests.integration.profiles import adapter_checks
from tests.integration.profiles.cases import CASES

pytestmark = pytest.mark.engine

ENGINE = "fakesnow"
CASE = {case.name or case.method: case for case in CASES if case.target == "snowflake"}
WITHOUT_SECRET = ("workload-identity-azure", "workload-identity-gcp")
"""The cloud that a workload runs in vouches for it; there is nothing that it could say wrong."""
NOTHING: Mapping[str, str] = {}


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    port = free_port()
    folder = tmp_path_factory.mktemp("fakesnow")
    keys = (_public(None), _public(adapter_checks.PASSPHRASE))
    with (
        running(
            [sys.executable, Path(fakesnow_server.__file__), str(port)],
            ready=lambda: accepts(port),
            log=folder / "log",
        ),
        internet(folder, Snowflake(port, keys).hosts) as made,
    ):
        yield made


def variables(*, right: bool) -> dict[str, Mapping[str, str]]:
    """Return what each way signs in with, keys aside."""

    def said(secret: str) -> str:
        return secret if right else "canary-wrong"

    password = {"SNOWFLAKE_PASSWORD": said(PASSWORD)}
    token = {"SNOWFLAKE_TOKEN": said(TOKEN)}
    return {
        "password": password,
        "mfa": password,
        "okta": password,
        "oauth-token": token,
        "jwt": token,
        "personal-access-token": token,
        "oauth-refresh-token": {
            "SNOWFLAKE_TOKEN": REFRESH_TOKEN,
            "SSO_CLIENT_SECRET": said(CLIENT[1]),
        },
        "browser": browser.environment(said(browser.SESSION)),
        "workload-identity-aws": {
            **amazon.KEY,
            "AWS_SECRET_ACCESS_KEY": said(amazon.KEY["AWS_SECRET_ACCESS_KEY"]),
            "AWS_REGION": amazon.REGION,
        },
        "workload-identity-oidc": {"SNOWFLAKE_TOKEN": workload("oidc" if right else "stranger")},
    }


def key(way: str, *, right: bool) -> str:
    """Return the private key that *way* signs with: the right one, or one that nobody knows."""
    passphrase = adapter_checks.PASSPHRASE if way.endswith("encrypted") else None
    if right:
        return adapter_checks.private_key(passphrase)
    return adapter_checks.new_private_key(passphrase)


def attempts(hosts: Internet, folder: Path, *, right: bool) -> dict[str, Attempt]:
    """Return each way; *folder* is a new one, where the connector keeps what it may."""
    folder.mkdir()
    said = variables(right=right)
    return {
        way: attempt(way, hosts, folder, said.get(way, NOTHING), key(way, right=right))
        for way in CASE
        if right or way not in WITHOUT_SECRET
    }


def attempt(
    way: str, hosts: Internet, folder: Path, said: Mapping[str, str], private_key: str
) -> Attempt:
    """Return *way* with the variables *said*, where they are not the examples' own."""
    case = dataclasses.replace(CASE[way], properties=properties(way, folder, private_key))
    environ = adapter_checks.environment(case, folder)
    if "SNOWFLAKE_PRIVATE_KEY" in environ:
        environ["SNOWFLAKE_PRIVATE_KEY"] = private_key
    return Attempt(case, {**environ, "HOME": str(folder), **hosts.environment, **said})


def properties(way: str, folder: Path, private_key: str) -> dict[str, Any]:
    """Return what the example of *way* says, and that nobody can be asked what was revoked."""
    said = {**CASE[way].properties, "insecure_mode": True}
    if "private_key_path" in said:
        path = folder / f"{way}.p8"
        path.write_text(private_key, encoding="ascii")
        said["private_key_path"] = str(path)
    return said


@pytest.fixture(scope="module")
def tried(hosts: Internet, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    folder = tmp_path_factory.mktemp("ways")
    right = attempts(hosts, folder / "right", right=True)
    wrong = attempts(hosts, folder / "wrong", right=False)
    ways = dict(right)
    for name, way, variable, text in (
        ("no-password", "password", "SNOWFLAKE_PASSWORD", ""),
        ("wrong-passphrase", "key-pair-encrypted", "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", "wrong"),
        ("no-key", "key-pair", "SNOWFLAKE_PRIVATE_KEY", "wrong"),
    ):
        good = right[way]
        ways[name] = Attempt(good.case, {**good.environ, variable: text})
    return outcomes(folder / "all", ways, wrong)


@pytest.mark.parametrize("way", CASE)
def test_the_connector_signs_in_by(
    way: str, tried: Mapping[str, Outcome], connected: Connected
) -> None:
    assert tried[way].well, tried[way].said
    connected.to(f"snowflake/{way}", ENGINE)


@pytest.mark.parametrize("way", [way for way in CASE if way not in WITHOUT_SECRET])
def test_what_is_wrong_is_refused_by(way: str, tried: Mapping[str, Outcome]) -> None:
    outcome = tried[f"wrong-{way}"]

    assert not outcome.well
    assert "canary" not in outcome.said


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no-password", "(?i)password is empty|250001|251006"),
        ("wrong-passphrase", "(?i)password|passphrase|decrypt"),
        ("no-key", "(?i)key|deserialize|base64"),
    ],
)
def test_the_connector_refuses(name: str, reason: str, tried: Mapping[str, Outcome]) -> None:
    assert not tried[name].well
    assert re.search(reason, tried[name].said.replace("\n", " "))


@pytest.mark.timeout(600)
def test_the_demo_builds_with_a_password(
    tmp_path: Path, hosts: Internet, connected: Connected
) -> None:
    said = {
        "account": "acme-eu",
        "insecure_mode": True,
        "database": "SHOP",
        "warehouse": "WH",
        "schema": "MART",
        "user": "FLOE",
        "threads": 2,
    }
    environ = {"SNOWFLAKE_PASSWORD": PASSWORD, **hosts.environment}
    project = EngineProject(tmp_path, "snowflake", said, environ)

    snapshot = "resource_type:snapshot"  # fakesnow takes its merge apart, and in a wrong way
    builds_well(project, "snowflake://acme-eu", PASSWORD, leave_out=snapshot)
    connected.to("snowflake/password", ENGINE)


def _public(passphrase: str | None) -> RSAPublicKey:
    pem = adapter_checks.private_key(passphrase).encode()
    secret = None if passphrase is None else passphrase.encode()
    loaded = serialization.load_pem_private_key(pem, secret)
    assert isinstance(loaded, RSAPrivateKey)
    return loaded.public_key()
