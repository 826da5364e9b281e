"""DuckDB, which runs inside dbt: a file, memory, a database beside another, and a server.

With its extensions it also reads a bucket of S3, by keys and by what the environment says, and
keeps a lake.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import duckdb
import pytest

from tests.integration.engines import lake
from tests.integration.engines.amazon import KEY, REGION
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
from tests.integration.engines.web import serving
from tests.integration.profiles.cases import CASES, ref

pytestmark = pytest.mark.engine

ENGINE = f"DuckDB {duckdb.__version__.rpartition('.')[0]}"
CASE = {case.name or case.method: case for case in CASES if case.target == "duckdb"}
INSIDE = ("file", "memory", "attached")
EXTENDED = ("s3-keys", "s3-credential-chain", "ducklake")
OBJECT = "other.duckdb"
BY_KEYS = {"LAKE_KEY_ID": KEY["AWS_ACCESS_KEY_ID"], "LAKE_SECRET": KEY["AWS_SECRET_ACCESS_KEY"]}
WRONG = dict.fromkeys(("LAKE_SECRET", "AWS_SECRET_ACCESS_KEY"), "canary-wrong")
SETTINGS = {"threads": 2, "memory_limit": "256MB"}


def attempt(way: str, folder: Path, **more: Any) -> Attempt:
    """Return *way* in a folder of its own in *folder*, with *more* properties than its example.

    DuckDB lets one process at a time into a file.
    """
    said = {**CASE[way].properties, **more}
    if "path" in said:
        said["path"] = str(Path(mkdtemp(dir=folder)) / said["path"])
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


class Bucket(NamedTuple):
    """A bucket that answers on *port*, with a database in it."""

    port: int

    def properties(self, way: str) -> dict[str, Any]:
        """Return what the example of *way* says, with the bucket and what reads the database."""
        [secret] = CASE[way].properties["secrets"]
        here = {
            "region": REGION,
            "endpoint": f"{LOOPBACK}:{self.port}",
            "use_ssl": False,
            "url_style": "path",
        }
        return {
            **CASE[way].properties,
            "extensions": ["httpfs", "aws"],
            "secrets": [{**secret, **here}],
            "attach": [
                {"path": f"s3://{lake.BUCKET}/{OBJECT}", "alias": "other", "read_only": True}
            ],
        }


@pytest.fixture(scope="module")
def bucket(connected: Connected, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    reason = lake.why_not()
    if reason is not None:
        connected.pass_over(*(f"duckdb/{way}" for way in EXTENDED))
        pytest.skip(reason)
    path = tmp_path_factory.mktemp("bucket") / OBJECT
    duckdb.connect(str(path), config={"storage_compatibility_version": "v1.0.0"}).close()
    with serving(lake.bucket(OBJECT, path.read_bytes())) as port:
        yield Bucket(port)


@pytest.fixture(scope="module")
def tried_with_extensions(
    bucket: Bucket, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Outcome]:
    folder = tmp_path_factory.mktemp("extensions")

    def attempts(place: Path, **wrong: str) -> dict[str, Attempt]:
        said = {
            "s3-keys": bucket.properties("s3-keys")
            | {"path": str(folder / f"{place.name}.duckdb")},
            "s3-credential-chain": bucket.properties("s3-credential-chain"),
            "ducklake": {"path": f"ducklake:{place / 'shop.ducklake'}"},
        }
        return {
            way: Attempt(
                dataclasses.replace(CASE[way], properties=properties), {**BY_KEYS, **KEY, **wrong}
            )
            for way, properties in said.items()
        }

    return outcomes(
        folder / "all",
        attempts(folder),
        attempts(folder / "none", **WRONG),
        lake.environment(folder),
    )


@pytest.mark.parametrize("way", EXTENDED)
def test_dbt_opens_with_extensions(
    way: str, tried_with_extensions: Mapping[str, Outcome], connected: Connected
) -> None:
    assert tried_with_extensions[way].well, tried_with_extensions[way].said
    connected.to(f"duckdb/{way}", extended(way))


@pytest.mark.parametrize("way", EXTENDED)
def test_what_is_wrong_is_refused_with_extensions(
    way: str, tried_with_extensions: Mapping[str, Outcome]
) -> None:
    outcome = tried_with_extensions[f"wrong-{way}"]

    assert not outcome.well
    assert "canary" not in outcome.said


def test_the_demo_builds_in_a_lake(tmp_path: Path, bucket: Bucket, connected: Connected) -> None:
    """One thread: two transactions that commit at once are lost (duckdb/ducklake, issue 1248)."""
    said = {**bucket.properties("s3-keys"), "path": "ducklake:lake.ducklake", "threads": 1}
    environ = lake.environment(tmp_path / "home") | BY_KEYS
    project = EngineProject(tmp_path, "duckdb", said, environ)

    builds_well(
        project,
        f"duckdb://ducklake:{project.folder / 'lake.ducklake'}",
        BY_KEYS["LAKE_SECRET"],
        times=1,
    )
    connected.to("duckdb/ducklake", extended("ducklake"))


def extended(way: str) -> str:
    """Return what stands behind *way*."""
    release = f"DuckDB {lake.version().rpartition('.')[0]}"
    return release if way == "ducklake" else f"{release}, a bucket on the loopback"
