"""BigQuery's own adapter and client, against bqemulator; Google's sign-in hosts answer here too."""

import dataclasses
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.integration.engines import bqemulator_server, google_hosts
from tests.integration.engines.connected import Connected
from tests.integration.engines.process import LOOPBACK, accepts, free_port, running
from tests.integration.engines.project import EngineProject, builds_well
from tests.integration.engines.signing_in import Attempt, Outcome, outcomes
from tests.integration.engines.web import Internet, internet
from tests.integration.profiles import adapter_checks
from tests.integration.profiles.cases import CASES

pytestmark = pytest.mark.engine

ENGINE = "bqemulator"
ADC = "GOOGLE_APPLICATION_CREDENTIALS"
NOTHING: Mapping[str, str] = {}
TOKEN = f"canary-{secrets.token_hex(16)}"
WAYS = tuple(case.name or case.method for case in CASES if case.target == "bigquery")


class Warehouse(NamedTuple):
    """The emulator, and the hosts that hand out what it asks for."""

    port: int
    hosts: Internet

    def properties(self) -> dict[str, Any]:
        return {"api_endpoint": f"http://{LOOPBACK}:{self.port}", "job_retries": 0}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    reason = bqemulator_server.why_not()
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("bqemulator")
    port = free_port()
    hosts = google_hosts.Google(TOKEN, adapter_checks.private_key(None)).hosts
    with (
        running(
            [bqemulator_server.PYTHON, Path(bqemulator_server.__file__), str(port)],
            ready=lambda: accepts(port),
            log=folder / "log",
            environment={bqemulator_server.BEARER: TOKEN},
        ),
        internet(folder, hosts) as made,
    ):
        yield Warehouse(port, made)


def attempt(
    way: str, warehouse: Warehouse, folder: Path, instead: Mapping[str, str] = NOTHING
) -> Attempt:
    """Return *way* with what is right, apart from the variables *instead*."""
    [found] = [case for case in CASES if case.id == f"bigquery/{way}"]
    case = dataclasses.replace(found, properties={**found.properties, **warehouse.properties()})
    lowly = way == "oauth-impersonation"
    user = google_hosts.LOWLY_REFRESH_TOKEN if lowly else google_hosts.REFRESH_TOKEN
    adc = google_hosts.user_file(folder, way, user)
    environ = {
        **adapter_checks.environment(case, folder),
        "GCP_CLIENT_EMAIL": google_hosts.EMAIL,
        "GCP_TOKEN": TOKEN,
        "GCP_REFRESH_TOKEN": google_hosts.REFRESH_TOKEN,
        "SSO_CLIENT_SECRET": google_hosts.CLIENT["client_secret"],
        "GCP_TOKEN_REQUEST_DATA": google_hosts.ENTRA_SECRET,
        **warehouse.hosts.environment,
        **({ADC: str(adc)} if found.method == "oauth" else {}),
        **instead,
    }
    return Attempt(case, environ)


def wrong(warehouse: Warehouse, folder: Path) -> dict[str, Attempt]:
    """Return each way with the one thing wrong that only Google can tell."""
    lowly = google_hosts.user_file(folder, "lowly", google_hosts.LOWLY_REFRESH_TOKEN)
    stranger = google_hosts.user_file(folder, "stranger", "canary-stranger")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    key = adapter_checks.new_private_key()
    said: dict[str, dict[str, str]] = {
        "oauth": {ADC: str(lowly)},
        "oauth-impersonation": {ADC: str(stranger)},
        "service-account": {ADC: str(adapter_checks.keyfile(elsewhere, key))},
        "service-account-json": {"GCP_PRIVATE_KEY": key},
        "oauth-token": {"GCP_TOKEN": "canary-wrong"},
        "oauth-refresh-token": {"SSO_CLIENT_SECRET": "canary-wrong"},
        "external-oauth-wif": {"GCP_TOKEN_REQUEST_DATA": "canary-wrong"},
    }
    return {way: attempt(way, warehouse, folder, instead) for way, instead in said.items()}


@pytest.fixture(scope="module")
def tried(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    keys = tmp_path_factory.mktemp("keys")
    strange = keys / "strange"
    strange.mkdir()
    right = {way: attempt(way, warehouse, keys) for way in WAYS}
    return outcomes(tmp_path_factory.mktemp("ways") / "all", right, wrong(warehouse, strange))


@pytest.mark.parametrize("way", WAYS)
def test_the_client_signs_in_by(
    way: str, tried: Mapping[str, Outcome], connected: Connected
) -> None:
    assert tried[way].well, tried[way].said
    connected.to(f"bigquery/{way}", ENGINE)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_wrong_is_refused_by(way: str, tried: Mapping[str, Outcome]) -> None:
    outcome = tried[f"wrong-{way}"]

    assert not outcome.well
    assert re.search(google_hosts.REFUSALS, outcome.said), outcome.said
    assert "canary" not in outcome.said


@pytest.mark.timeout(600)
def test_the_demo_builds_with_a_service_account(
    tmp_path: Path, warehouse: Warehouse, connected: Connected
) -> None:
    said = {
        **warehouse.properties(),
        "method": "service-account",
        "project": "acme-shop",
        "dataset": "mart",
        "threads": 2,
    }
    keyfile = adapter_checks.keyfile(tmp_path)
    environ = {ADC: str(keyfile), **warehouse.hosts.environment}
    project = EngineProject(tmp_path, "bigquery", said, environ)

    key = adapter_checks.private_key(None).splitlines()[1]
    builds_well(project, "bigquery", TOKEN, key)
    connected.to("bigquery/service-account", ENGINE)
