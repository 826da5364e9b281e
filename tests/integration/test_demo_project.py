"""The demo project as it is laid down: dbt builds it from nothing, and again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from floe.adapters.dbt.manifest import JsonManifestReader
from floe.adapters.demo import scaffold

pytestmark = pytest.mark.engine
_PROFILE = """
floe:
  target: dev
  outputs:
    dev: {{type: duckdb, path: "{path}", threads: 4}}
"""


def test_it_builds_from_nothing_and_again_and_says_what_its_columns_hold(tmp_path: Path) -> None:
    scaffold(tmp_path)
    (tmp_path / "profiles.yml").write_text(_PROFILE.format(path=tmp_path / "warehouse.duckdb"))
    command = [
        str(Path(sys.executable).with_name("dbt")),
        "build",
        "--warn-error",
        "--profiles-dir",
        str(tmp_path),
    ]

    for _ in range(2):
        done = subprocess.run(  # noqa: S603
            command,
            cwd=tmp_path / "dbt",
            env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout

    graph = JsonManifestReader().read(tmp_path / "dbt/target/manifest.json")
    classified = {node.name for node in graph.nodes.values() if node.classifications}
    assert {"passengers", "stg_passengers", "passenger_notices", "dim_passengers"} <= classified
    undescribed = [
        node.name
        for node in graph.nodes.values()
        if node.package_name == "skerryline" and not node.is_test and not node.description
    ]
    assert undescribed == []
