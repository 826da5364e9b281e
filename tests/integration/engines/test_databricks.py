"""Databricks' own adapter, connector and SDK; its warehouse is a Spark Thrift server."""

import dataclasses
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.integration.engines import browser
from tests.integration.engines.connected import Connected
from tests.integration.engines.databricks_hosts import (
    AZURE_CLIENT,
    CLIENT,
    HOST,
    HTTP_PATH,
    WORKLOAD,
    Databricks,
)
from tests.integration.engines.project import EngineProject, builds_well
from tests.integration.engines.signing_in import Attempt, Outcome, outcomes
from tests.integration.engines.spark_cluster import VERSION, ThriftServer
from tests.integration.engines.web import Internet, internet
from tests.integration.profiles.cases import CASES, ref

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

ENGINE = f"{VERSION} Thrift server behind a proxy"
TOKEN = f"canary-{secrets.token_hex(16)}"
CASE = {case.method: case for case in CASES if case.target == "databricks"}
WITHOUT_DELTA = {"+file_format": "parquet", "+incremental_strategy": "append"}
"""How a table is kept where there is no Delta Lake."""


@pytest.fixture(scope="module")
def hosts(thrift: ThriftServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    with internet(tmp_path_factory.mktemp("hosts"), Databricks(thrift, TOKEN).hosts) as made:
        yield made


def variables(folder: Path, *, right: bool) -> dict[str, dict[str, str]]:
    """Return what each way signs in with, put into *folder* where it is a file."""

    def said(secret: str) -> str:
        return secret if right else "canary-wrong"

    file = folder / "workload"
    file.write_text(said(WORKLOAD))
    return {
        "token": {"DATABRICKS_TOKEN": said(TOKEN)},
        "oauth-m2m": {"SSO_CLIENT_SECRET": said(CLIENT[1])},
        "oauth-u2m": browser.environment(said(browser.SESSION)),
        "azure-service-principal": {
            "DATABRICKS_AZURE_CLIENT_ID": AZURE_CLIENT["client_id"],
            "DATABRICKS_AZURE_CLIENT_SECRET": said(AZURE_CLIENT["client_secret"]),
        },
        "env-oidc": {"DATABRICKS_OIDC_TOKEN": said(WORKLOAD)},
        "file-oidc": {"DATABRICKS_OIDC_TOKEN_FILEPATH": str(file)},
    }


def attempts(hosts: Internet, folder: Path, *, right: bool) -> dict[str, Attempt]:
    """Return each way; *folder* is a new one, where the SDK keeps what a browser brought."""
    folder.mkdir()
    everywhere = {"HOME": str(folder), **hosts.environment}
    return {
        way: Attempt(dataclasses.replace(CASE[way], properties=properties(way)), each | everywhere)
        for way, each in variables(folder, right=right).items()
    }


def properties(way: str) -> dict[str, object]:
    """Return what the example of *way* says, with the addresses that there are here."""
    said = {**CASE[way].properties, "http_path": HTTP_PATH, "connect_retries": 0}
    if "oidc_token_filepath" in said:
        said["oidc_token_filepath"] = ref("DATABRICKS_OIDC_TOKEN_FILEPATH")
    return said


@pytest.fixture(scope="module")
def tried(hosts: Internet, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    folder = tmp_path_factory.mktemp("ways")
    return outcomes(
        folder / "all",
        attempts(hosts, folder / "right", right=True),
        attempts(hosts, folder / "wrong", right=False),
    )


@pytest.mark.parametrize("way", CASE)
def test_the_connector_signs_in_by(
    way: str, tried: Mapping[str, Outcome], connected: Connected
) -> None:
    assert tried[way].well, tried[way].said
    connected.to(f"databricks/{way}", ENGINE)


@pytest.mark.parametrize("way", CASE)
def test_what_is_wrong_is_refused_by(way: str, tried: Mapping[str, Outcome]) -> None:
    outcome = tried[f"wrong-{way}"]

    assert not outcome.well
    assert "canary" not in outcome.said


def test_the_demo_builds_with_a_token(
    tmp_path: Path, hosts: Internet, thrift: ThriftServer, connected: Connected
) -> None:
    said = {"host": HOST, "http_path": HTTP_PATH, "schema": "by_databricks", "threads": 2}
    environ = {"DATABRICKS_TOKEN": TOKEN, "DATABRICKS_CATALOG": "hive_metastore"}
    project = EngineProject(tmp_path, "databricks", said, environ | hosts.environment)
    project.searched.append(thrift.folder)
    project.configure(models=WITHOUT_DELTA, seeds={"+file_format": "parquet"})

    snapshot = "resource_type:snapshot"  # which needs Delta Lake
    builds_well(project, f"databricks://{HOST}", TOKEN, times=1, leave_out=snapshot)
    connected.to("databricks/token", ENGINE)
