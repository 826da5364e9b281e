"""Redshift's own adapter and connector, with PostgreSQL behind a proxy in Redshift's place.

Amazon's hosts, which hand out passwords and tokens for it, answer here too.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.integration.engines import amazon, browser
from tests.integration.engines.connected import Connected
from tests.integration.engines.postgres_server import BY_MD5, TRUSTED, VERSION, PostgresServer
from tests.integration.engines.process import LOOPBACK, free_port
from tests.integration.engines.project import EngineProject, builds_well
from tests.integration.engines.redshift_hosts import (
    ENTRA_SECRET,
    IDENTITY_TOKEN,
    OKTA_CLIENT,
    Redshift,
)
from tests.integration.engines.redshift_proxy import CATALOG, Identity, redshift_proxy
from tests.integration.engines.signing_in import Attempt, Outcome, outcomes
from tests.integration.engines.web import Internet, internet
from tests.integration.profiles.cases import CASES

pytestmark = pytest.mark.engine

ENGINE = f"{VERSION} behind a proxy"
WAREHOUSE = "as_redshift"
CASE = {case.name or case.method: case for case in CASES if case.target == "redshift"}


class Warehouse(NamedTuple):
    """Where the proxy listens, who asks Amazon in its place, and the password of the role."""

    port: int
    hosts: Internet
    password: str

    @property
    def properties(self) -> dict[str, Any]:
        return {
            "host": LOOPBACK,
            "port": self.port,
            "database": WAREHOUSE,
            "schema": "as_redshift",
            "sslmode": "verify-ca",
        }


@pytest.fixture(scope="module")
def warehouse(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    postgres.execute(f"create database {WAREHOUSE}")
    postgres.execute(*CATALOG, database=WAREHOUSE)
    hosts = Redshift(BY_MD5, postgres.password).hosts
    identity = Identity(IDENTITY_TOKEN, TRUSTED)
    with (
        internet(tmp_path_factory.mktemp("amazon"), hosts) as made,
        redshift_proxy(postgres.port, identity, made.loopback()) as port,
    ):
        yield Warehouse(port, made, postgres.password)


def variables(warehouse: Warehouse, *, right: bool) -> dict[str, Mapping[str, str]]:
    """Return what each way signs in with."""

    def said(secret: str) -> str:
        return secret if right else "canary-wrong"

    key = {**amazon.KEY, "AWS_SECRET_ACCESS_KEY": said(amazon.KEY["AWS_SECRET_ACCESS_KEY"])}
    return {
        "database": {"REDSHIFT_PASSWORD": said(warehouse.password)},
        **dict.fromkeys(("iam", "iam-access-keys", "iam-serverless"), key),
        **dict.fromkeys(("iam_role", "iam_role-serverless"), key),
        "browser_identity_center": browser.environment(said(browser.SESSION)),
        "oauth_token_identity_center-okta": {
            "OKTA_CLIENT": said(OKTA_CLIENT),
            "REDSHIFT_TOKEN_REQUEST_DATA": "grant_type=refresh_token",
        },
        "oauth_token_identity_center-entra": {"REDSHIFT_TOKEN_REQUEST_DATA": said(ENTRA_SECRET)},
    }


def properties(way: str, warehouse: Warehouse) -> dict[str, Any]:
    """Return what the example of *way* says, with the addresses that there are here."""
    said = {**CASE[way].properties, **warehouse.properties}
    if way.startswith("iam"):
        said["region"] = amazon.REGION
    if way.endswith("serverless"):
        said |= {"is_serverless": True, "serverless_work_group": "shop"}
    if way == "browser_identity_center":
        said |= {"idp_listen_port": free_port(), "idp_response_timeout": 30}
    return said


def attempts(warehouse: Warehouse, folder: Path, *, right: bool) -> dict[str, Attempt]:
    """Return each way; *folder* is a new one, in which there is no account of AWS."""
    folder.mkdir()
    everywhere = {
        "HOME": str(folder),
        "REDSHIFT_USER": BY_MD5,
        **warehouse.hosts.environment,
    }
    return {
        way: Attempt(
            dataclasses.replace(CASE[way], properties=properties(way, warehouse)),
            {**everywhere, **said},
        )
        for way, said in variables(warehouse, right=right).items()
    }


@pytest.fixture(scope="module")
def tried(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    folder = tmp_path_factory.mktemp("ways")
    return outcomes(
        folder / "all",
        attempts(warehouse, folder / "right", right=True),
        attempts(warehouse, folder / "wrong", right=False),
    )


@pytest.mark.parametrize("way", CASE)
def test_the_connector_signs_in_by(
    way: str, tried: Mapping[str, Outcome], connected: Connected
) -> None:
    assert tried[way].well, tried[way].said
    connected.to(f"redshift/{way}", ENGINE)


@pytest.mark.parametrize("way", CASE)
def test_what_is_wrong_is_refused_by(way: str, tried: Mapping[str, Outcome]) -> None:
    outcome = tried[f"wrong-{way}"]

    assert not outcome.well
    assert "canary" not in outcome.said


def project(folder: Path, warehouse: Warehouse, password: str) -> EngineProject:
    said = {**warehouse.properties, "user": BY_MD5, "threads": 2}
    environ = {"REDSHIFT_PASSWORD": password, **warehouse.hosts.environment}
    return EngineProject(folder, "redshift", said, environ)


def test_the_demo_builds_with_a_password(
    tmp_path: Path, warehouse: Warehouse, connected: Connected
) -> None:
    shop = project(tmp_path, warehouse, warehouse.password)

    builds_well(shop, f"redshift://{LOOPBACK}:{warehouse.port}", warehouse.password)
    connected.to("redshift/database", ENGINE)


def test_a_wrong_password_is_refused_and_not_repeated(tmp_path: Path, warehouse: Warehouse) -> None:
    shop = project(tmp_path, warehouse, "canary-wrong")

    ended = shop.sign_in()

    assert ended.code == 3
    assert "password authentication failed" in ended.out + ended.err
    assert list(shop.traces_of("canary-wrong", ended)) == []
