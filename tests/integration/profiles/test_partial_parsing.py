"""dbt's partial parsing outlives a new password, since the profile and its bytes stay."""

import subprocess
import sys
from pathlib import Path

from tests.integration.main_job.conftest import Shop, clean_environment

CONTRACT = """
name: tides
version: "1.0.0"
compute: {target: postgres, properties: {host: 127.0.0.1, user: u, database: d, schema: s}}
transforms: [{type: dbt, path: ./dbt}]
"""
AGAIN = "profile has changed"


def parse(folder: Path, password: str) -> str:
    """Write the profile, have dbt parse the project, and return its log."""
    assert Shop(folder).floe("profiles").code == 0
    words = ("--profiles-dir", ".floe/profiles", "--project-dir", "dbt", "--no-version-check")
    done = subprocess.run(  # noqa: S603 - dbt
        [sys.executable, "-m", "dbt.cli.main", "--debug", "parse", *words],
        cwd=folder,
        env=clean_environment() | {"POSTGRES_PASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_password_has_nothing_parsed_again_and_a_new_user_everything(
    tmp_path: Path,
) -> None:
    (tmp_path / "dbt/models").mkdir(parents=True)
    (tmp_path / "dbt/models/gauges.sql").write_text("select 1 as id")
    project = "{name: tides, profile: floe, flags: {send_anonymous_usage_stats: false}}"
    (tmp_path / "dbt/dbt_project.yml").write_text(project)
    (tmp_path / "floe.yaml").write_text(CONTRACT)
    parse(tmp_path, "canary-old")

    rotated = parse(tmp_path, "canary-new")
    (tmp_path / "floe.yaml").write_text(CONTRACT.replace("user: u,", "user: v,"))
    other = parse(tmp_path, "canary-new")

    assert AGAIN not in rotated
    assert "no changes found, skipping parsing" in rotated
    assert AGAIN in other
