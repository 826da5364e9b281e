"""DuckDB, which runs inside dbt: a file, memory, a database beside another, and a server."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration.engines.connected import Connected
from tests.integration.engines.postgres_server import (
    BY_PASSWORD,
    DATABASE,
    VERSION,
    PostgresServer,
)
from tests.integration.engines.process import LOOPBACK
from tests.integration.engines.project import EngineProject, builds_well
from tests.integration.engines.signing_in import Attempt, Outcome, outcomes
from tests.integration.profiles.cases import CASES, ref

pytestmark = pytest.mark.engine

ENGINE = f"DuckDB {duckdb.__version__.rpartition('.')[0]}"
CASE = {case.name or case.method: case for case in CASES if case.target == "duckdb"}
INSIDE = ("file", "memory", "attached")
SETTINGS = {"threads": 2, "memory_limit": "256MB"}


def attempt(way: str, folder: Path, **more: Any) -> Attempt:
    """Return *way* in *folder*, with *more* properties than its example has."""
    said = {**CASE[way].properties, **more}
    if "path" in said:
        said["path"] = str(folder / said["path"])
    return Attempt(dataclasses.replace(CASE[way], properties=said), {})


@pytest.fixture(scope="module")
def tried(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Outcome]:
    folder = tmp_path_factory.mktemp("duckdb")
    other = folder / "other.duckdb"
    duckdb.connect(str(other)).close()
    beside = [{"path": str(other), "alias": "other", "read_only": True}]
    remote = {
        "host": LOOPBACK,
        "port": postgres.port,
        "user": BY_PASSWORD,
        "password": ref("DBT_ENV_SECRET_REMOTE"),
    }
    there = attempt("remote", folder, remote=remote, path=DATABASE, database=DATABASE)
    return outcomes(
        tmp_path_factory.mktemp("ways") / "all",
        {
            "file": attempt("file", folder),
            "memory": attempt("memory", folder, settings=SETTINGS),
            "attached": attempt("attached", folder, attach=beside),
            "nothing-attached": attempt(
                "attached",
                folder,
                attach=[{"path": str(folder / "none.duckdb"), "alias": "other", "read_only": True}],
            ),
            "remote": Attempt(there.case, {"DBT_ENV_SECRET_REMOTE": postgres.password}),
            "wrong-remote": Attempt(there.case, {"DBT_ENV_SECRET_REMOTE": "canary-wrong"}),
        },
    )


@pytest.mark.parametrize("way", INSIDE)
def test_dbt_opens(way: str, tried: Mapping[str, Outcome], connected: Connected) -> None:
    assert tried[way].well, tried[way].said
    connected.to(f"duckdb/{way}", ENGINE)


def test_a_server_is_signed_in_to(tried: Mapping[str, Outcome], connected: Connected) -> None:
    assert tried["remote"].well, tried["remote"].said
    connected.to("duckdb/remote", f"{VERSION} in the place of Buena Vista")


@pytest.mark.parametrize("way", ["nothing-attached", "wrong-remote"])
def test_what_is_wrong_is_refused(way: str, tried: Mapping[str, Outcome]) -> None:
    assert not tried[way].well


def test_the_demo_builds_in_a_file(tmp_path: Path, connected: Connected) -> None:
    project = EngineProject(tmp_path, "duckdb", {"path": "warehouse.duckdb", "threads": 2}, {})

    builds_well(project, f"duckdb://{project.folder / 'warehouse.duckdb'}", times=1)
    connected.to("duckdb/file", ENGINE)
