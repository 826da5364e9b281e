"""What a script that calls floe can rely on."""

import pytest

from tests.integration.main_job.conftest import Shop


def test_a_selection_that_matches_nothing_is_4(shop: Shop) -> None:
    ended = shop.floe("run", "-s", "no_such_model", "--orchestrator", "direct", "--output", "plain")

    assert ended.code == 4
    assert "'no_such_model' matches nothing" in ended.err


def test_a_failing_model_is_1_and_is_named_with_dbts_words(shop: Shop) -> None:
    model = shop.folder / "dbt/models/marts/dim_routes.sql"
    model.write_text("select no_such_column from {{ ref('routes') }}")

    ended = shop.floe("run", "-s", "+dim_routes", "--output", "plain")

    assert ended.code == 1
    assert "dim_routes" in ended.err
    assert "no_such_column" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("orchestrator", ["direct", "dagster"])
def test_a_project_that_dbt_cannot_parse_is_2_with_dbts_words(
    shop: Shop, orchestrator: str
) -> None:
    model = shop.folder / "dbt/models/marts/dim_routes.sql"
    model.write_text("select * from {{ ref('no_such_node') }}")

    ended = shop.floe("run", "--orchestrator", orchestrator, "--output", "plain")

    assert ended.code == 2
    assert "no_such_node" in ended.err
    fails = [event for event in shop.events if event["eventType"] == "FAIL"]
    assert len(fails) == 1
    assert "no_such_node" in fails[0]["run"]["facets"]["errorMessage"]["message"]


def test_a_typo_in_the_contract_is_2_and_names_the_place(shop: Shop) -> None:
    contract = shop.folder / "floe.yaml"
    contract.write_text(contract.read_text().replace("target: duckdb", "target: duckbd"))

    ended = shop.floe("run")

    assert ended.code == 2
    assert "floe.yaml: $.compute.target" in ended.err
    assert "duckdb" in ended.err
    assert "duckbd" not in ended.err
    assert "Traceback" not in ended.err


def test_a_typo_in_the_settings_is_2_and_names_the_setting(shop: Shop) -> None:
    shop.settings("lineage: {kind: file, pth: x}\n")

    ended = shop.floe("run")

    assert ended.code == 2
    assert "there is no setting lineage.pth" in ended.err


def test_missing_variables_are_3_and_all_of_them_are_named_before_dbt_starts(shop: Shop) -> None:
    contract = shop.folder / "floe.yaml"
    text = contract.read_text().replace("target: duckdb", "target: postgres")
    contract.write_text(text.replace("path: warehouse.duckdb", "host: db.example"))

    ended = shop.floe("run", "--output", "plain")

    assert ended.code == 3
    assert "POSTGRES_USER" in ended.err
    assert "POSTGRES_PASSWORD" in ended.err


def test_a_warehouse_that_is_away_is_3_with_the_drivers_words_and_no_others(shop: Shop) -> None:
    contract = shop.folder / "floe.yaml"
    text = contract.read_text().replace("target: duckdb", "target: postgres")
    there = "host: 127.0.0.1\n    port: 1\n    user: u\n    database: d\n    schema: s"
    contract.write_text(text.replace("path: warehouse.duckdb", there))

    ended = shop.floe("doctor", "--connect", POSTGRES_PASSWORD="canary-password")  # noqa: S106

    assert ended.code == 3
    assert "cannot connect" in ended.out
    assert "Connection refused" in ended.out
    assert "python path" not in ended.out
    assert "canary" not in ended.out + ended.err


def test_a_backend_nobody_knows_is_2(shop: Shop) -> None:
    shop.settings("lineage: {kind: acme}\n")

    ended = shop.floe("run", "--output", "plain")

    assert ended.code == 2
    assert "'acme'" in ended.err


def test_an_empty_folder_says_how_to_begin(shop: Shop) -> None:
    empty = shop.folder / "empty"
    empty.mkdir()
    (empty / ".git").mkdir()

    ended = Shop(empty).floe("run")

    assert ended.code == 2
    assert "floe init" in ended.err


def test_a_word_that_is_no_command_is_2(shop: Shop) -> None:
    ended = shop.floe("rnu")

    assert ended.code == 2
    assert "rnu" in ended.err
