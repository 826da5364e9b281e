"""What ``floe dev`` lays down for Dagster."""

from pathlib import Path

import pytest
import yaml

from floe.entrypoints.dev import instance_settings, write_unless_theirs
from floe.entrypoints.project import Project, open_project

CONTRACT = """
name: shop
version: "1.0.0"
compute: {target: TARGET, properties: {}}
transforms: [{type: dbt, path: .}]
"""


def project(folder: Path, target: str) -> Project:
    contract = folder / "floe.yaml"
    contract.write_text(CONTRACT.replace("TARGET", target))
    (folder / "dbt_project.yml").write_text("{name: shop, version: '1.0', profile: floe}")
    return open_project(contract, environ={}, working_dir=folder)


@pytest.mark.parametrize("target", ["duckdb", "postgres"])
def test_dagster_is_told_to_call_nobody(tmp_path: Path, target: str) -> None:
    settings = instance_settings(project(tmp_path, target))

    assert settings["telemetry"] == {"enabled": False}
    assert settings["nux"] == {"enabled": False}


def test_only_on_duckdb_a_run_waits_for_another(tmp_path: Path) -> None:
    one_at_a_time = {"runs": {"max_concurrent_runs": 1}}

    assert instance_settings(project(tmp_path, "duckdb"))["concurrency"] == one_at_a_time
    assert "concurrency" not in instance_settings(project(tmp_path, "postgres"))


def test_a_file_is_written_anew_until_somebody_makes_it_theirs(tmp_path: Path) -> None:
    path = tmp_path / "dagster.yaml"
    write_unless_theirs(path, {"telemetry": {"enabled": True}})
    write_unless_theirs(path, {"telemetry": {"enabled": False}})

    assert yaml.safe_load(path.read_text()) == {"telemetry": {"enabled": False}}

    mine = path.read_text().partition("\n")[2]
    path.write_text(mine)
    write_unless_theirs(path, {})

    assert path.read_text() == mine
