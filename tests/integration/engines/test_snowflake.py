"""Snowflake's own adapter and connector against fakesnow, which speaks its protocol by HTTP.

fakesnow lets everyone in; what is tried here is that floe's profile gives the connector what it
signs in with by each way: it reads keys and refuses a sign-in that lacks something.
"""

import dataclasses
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.integration.engines import fakesnow_server
from tests.integration.engines.connected import Connected
from tests.integration.engines.process import LOOPBACK, accepts, free_port, running
from tests.integration.engines.project import EngineProject, builds_well
from tests.integration.engines.signing_in import Attempt, Outcome, outcomes
from tests.integration.profiles import adapter_checks
from tests.integration.profiles.cases import CASES, Case

pytestmark = pytest.mark.engine

ENGINE = "fakesnow"
WAYS = (
    "password",
    "mfa",
    "key-pair",
    "key-pair-encrypted",
    "key-pair-file",
    "key-pair-file-encrypted",
    "oauth-token",
    "jwt",
    "personal-access-token",
)
"""What the connector does with no other server than the one it is told of."""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    listening = free_port()
    with running(
        [sys.executable, Path(fakesnow_server.__file__), str(listening)],
        ready=lambda: accepts(listening),
        log=tmp_path_factory.mktemp("fakesnow") / "log",
    ):
        yield listening


def here(port: int) -> dict[str, str | int]:
    return {
        "account": "fakesnow",
        "host": LOOPBACK,
        "port": port,
        "protocol": "http",
        "connect_retries": 0,
    }


def attempt(way: str, port: int, folder: Path) -> Attempt:
    """Return *way* to the server on *port*, with keys in *folder*."""
    [found] = [case for case in CASES if case.id == f"snowflake/{way}"]
    properties = {**found.properties, **here(port)}
    if "private_key_path" in properties:
        phrase = adapter_checks.PASSPHRASE if way.endswith("encrypted") else None
        key = folder / f"{way}.p8"
        key.write_text(adapter_checks.private_key(phrase), encoding="ascii")
        properties["private_key_path"] = str(key)
    case: Case = dataclasses.replace(found, properties=properties)
    return Attempt(case, adapter_checks.environment(case, folder))


@pytest.fixture(scope="module")
def tried(port: int, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    keys = tmp_path_factory.mktemp("keys")
    ways = {way: attempt(way, port, keys) for way in WAYS}
    for name, way, variable in (
        ("no-password", "password", "SNOWFLAKE_PASSWORD"),
        ("wrong-passphrase", "key-pair-encrypted", "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"),
        ("no-key", "key-pair", "SNOWFLAKE_PRIVATE_KEY"),
    ):
        good = ways[way]
        wrong = "" if name == "no-password" else "wrong"
        ways[name] = Attempt(good.case, {**good.environ, variable: wrong})
    return outcomes(tmp_path_factory.mktemp("ways") / "all", ways)


@pytest.mark.parametrize("way", WAYS)
def test_the_connector_signs_in_by(
    way: str, tried: Mapping[str, Outcome], connected: Connected
) -> None:
    assert tried[way].well, tried[way].said
    connected.to(f"snowflake/{way}", ENGINE)


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
def test_the_demo_builds_with_a_password(tmp_path: Path, port: int, connected: Connected) -> None:
    password = f"canary-{secrets.token_hex(8)}"
    said = {
        **here(port),
        "database": "SHOP",
        "warehouse": "WH",
        "schema": "MART",
        "user": "FLOE",
        "threads": 2,
    }
    project = EngineProject(tmp_path, "snowflake", said, {"SNOWFLAKE_PASSWORD": password})

    snapshot = "resource_type:snapshot"  # fakesnow takes its merge apart, and in a wrong way
    builds_well(project, "snowflake://fakesnow.us-west-1.aws", password, leave_out=snapshot)
    connected.to("snowflake/password", ENGINE)
