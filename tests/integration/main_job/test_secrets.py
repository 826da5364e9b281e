"""No known secret gets out, whichever way: files, screens, events, spans, messages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from floe.testing.fault_server import FaultServer, Mode
from tests.integration.main_job.conftest import Ended, Shop

CANARIES = {
    "SNOWFLAKE_PASSWORD": "canary-pässword-1",
    "ACME_TOKEN": "canary/token+2==",
    "DBT_ENV_SECRET_KEY": "canary 'quoted' \"three\"",
    "AWS_SECRET_ACCESS_KEY": "canaryAWS4/xyz",
    "MY_API_KEY": "canary-api-key-5",
}


def traces_of(secret: str, shop: Shop, ended: Ended) -> Iterator[str]:
    for place, text in (("out", ended.out), ("err", ended.err)):
        if secret in text:
            yield place
    for path in sorted(shop.folder.rglob("*")):
        if path.is_file() and written_by_floe(path, shop) and secret.encode() in path.read_bytes():
            yield str(path.relative_to(shop.folder))


def written_by_floe(path: Path, shop: Shop) -> bool:
    """Return whether floe wrote *path*: dbt's own target and the models are the author's."""
    return path.is_relative_to(shop.folder / ".floe")


def leak_everything(shop: Shop) -> None:
    """Write a model that puts secrets where a careless author might: SQL and error text."""
    model = shop.folder / "dbt/models/marts/dim_routes.sql"
    model.write_text(
        "select '{{ env_var('SNOWFLAKE_PASSWORD') }}' as a,"
        " cast('{{ env_var('MY_API_KEY') }}' as integer) as b\n"
        "-- {{ env_var('ACME_TOKEN') }}\n"
    )


@pytest.mark.parametrize("orchestrator", ["direct", "dagster"])
def test_a_model_that_leaks_is_masked_everywhere(shop: Shop, orchestrator: str) -> None:
    leak_everything(shop)

    ended = shop.floe(
        "run", "-s", "+dim_routes", "--orchestrator", orchestrator, "--output", "plain", **CANARIES
    )
    shop.floe("report", **CANARIES)

    assert ended.code == 1
    assert "*****" in ended.err
    leaks = [place for secret in CANARIES.values() for place in traces_of(secret, shop, ended)]
    assert leaks == []


def test_json_progress_is_masked_and_stays_json(shop: Shop) -> None:
    leak_everything(shop)

    ended = shop.floe("run", "-s", "+dim_routes", "--output", "json", **CANARIES)

    assert ended.code == 1
    leaks = [place for secret in CANARIES.values() for place in traces_of(secret, shop, ended)]
    assert leaks == []


def test_a_backend_that_echoes_the_token_is_not_believed(shop: Shop) -> None:
    with FaultServer(Mode.UNAUTHORIZED) as backend:
        shop.settings(f"lineage: {{kind: http, url: '{backend.url}', api_key_env: ACME_TOKEN}}\n")
        ended = shop.floe(
            "run", "-s", "fares", "--orchestrator", "direct", "--output", "plain", **CANARIES
        )

    assert ended.code == 0
    assert list(traces_of(CANARIES["ACME_TOKEN"], shop, ended)) == []


def test_a_literal_credential_in_the_contract_is_refused_and_not_repeated(shop: Shop) -> None:
    contract = shop.folder / "floe.yaml"
    text = contract.read_text().replace("target: duckdb", "target: postgres")
    contract.write_text(text.replace("path: warehouse.duckdb", "password: canary-literal-6"))

    ended = shop.floe("profiles")

    assert ended.code == 2
    assert "password" in ended.err
    assert not (shop.folder / ".floe/profiles/profiles.yml").exists()
    assert list(traces_of("canary-literal-6", shop, ended)) == []
