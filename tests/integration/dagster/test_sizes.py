"""What holds of a small project holds of a large one: real projects of 10, 100 and 1,000 assets."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from benchmarks.projects import first_model, write_project
from dagster import (
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    DagsterEventType,
    DagsterInstance,
    Definitions,
)

from floe.adapters.dagster.assets import FloeAssetFactory
from floe.adapters.dagster.services import Services
from floe.entrypoints.project import open_project
from tests.unit.adapters.dagster.beside import (
    assert_assets_equal,
    assert_checks_equal,
    dagster_dbts,
)

pytestmark = [pytest.mark.engine]

_CONTRACT = """
name: bench
version: "1.0.0"
compute: {target: duckdb, properties: {path: bench.duckdb, threads: 4}}
transforms: [{type: dbt, path: .}]
"""
BROKEN = "select no_such_column from {{ ref('asset_00000') }}"


class Sized(NamedTuple):
    """A project of some size, parsed by floe, and its definitions."""

    folder: Path
    services: Services
    definitions: Definitions

    @property
    def assets(self) -> AssetsDefinition:
        (found,) = [
            item for item in self.definitions.assets or () if isinstance(item, AssetsDefinition)
        ]
        return found

    @property
    def manifest(self) -> dict[str, Any]:
        text = (self.folder / "target/manifest.json").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
        return found


@pytest.fixture(scope="module", params=[10, 100, 1_000])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sized:
    folder = write_project(tmp_path_factory.mktemp("sized"), request.param)
    (folder / "floe.yaml").write_text(_CONTRACT, encoding="utf-8")
    services = open_project(folder / "floe.yaml").dagster_services()
    return Sized(folder, services, FloeAssetFactory().create_definitions(services))


def test_every_model_and_seed_is_an_asset_and_the_edges_are_dbts(project: Sized) -> None:
    nodes = {
        unique_id: node
        for unique_id, node in project.manifest["nodes"].items()
        if node["resource_type"] != "test"
    }
    name = {unique_id: AssetKey(node["name"]) for unique_id, node in nodes.items()}
    edges = {
        (name[parent], name[unique_id])
        for unique_id, node in nodes.items()
        for parent in (node["depends_on"].get("nodes") or ())
    }

    specs = list(project.assets.specs)

    assert {spec.key for spec in specs} == set(name.values())
    assert {(dep.asset_key, spec.key) for spec in specs for dep in spec.deps} == edges


def test_everything_is_as_dagster_dbt_has_it(project: Sized) -> None:
    theirs = dagster_dbts(project.folder / "target/manifest.json")

    assert_assets_equal(project.assets.specs, theirs.specs)
    assert_checks_equal(project.assets.check_specs, theirs.check_specs)


@pytest.mark.parametrize("project", [10], indirect=True)
def test_definitions_and_lineage_are_made_of_one_reading_of_the_manifest(project: Sized) -> None:
    services = open_project(project.folder / "floe.yaml").dagster_services()
    path = services.manifest_path
    content, status = path.read_bytes(), path.stat()
    path.write_bytes(b" " * len(content))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    try:
        defined, known = set(services.manifest["nodes"]), set(services.read_graph().nodes)
    finally:
        path.write_bytes(content)

    assert defined == known == set(project.manifest["nodes"])


def test_dbt_is_called_with_the_generated_profile_the_project_and_its_target(
    project: Sized,
) -> None:
    command = project.services.command

    assert (command.profiles_dir / "profiles.yml").is_file()
    assert command.profiles_dir == project.folder / ".floe/profiles"
    assert command.project_dir == project.folder
    assert (command.profile, command.target) == ("bench", "dev")


_ALONE = """
import socket, sys, warnings
warnings.simplefilter("ignore")

def refuse(*_):
    raise AssertionError("a socket was opened")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
for name in ("dbt", "dbt_common", "dbt.adapters"):
    sys.modules[name] = None

import floe

defs = floe.open_project(sys.argv[1]).definitions()
print(len(list(defs.resolve_asset_graph().get_all_asset_keys())))
"""


def test_definitions_load_without_a_network_without_an_adapter_and_without_dbt(
    project: Sized,
) -> None:
    done = subprocess.run(  # noqa: S603 - Python of this environment
        [sys.executable, "-c", _ALONE, str(project.folder / "floe.yaml")],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(list(project.assets.specs))


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as found:
        yield found


@pytest.mark.parametrize("project", [10, 100], indirect=True)
def test_a_failing_model_stops_what_reads_it_and_nothing_else(
    project: Sized, instance: DagsterInstance
) -> None:
    size = len(list(project.assets.specs))
    model = project.folder / f"models/layer_1/{first_model(size)}.sql"
    sql = model.read_text(encoding="utf-8")
    model.write_text(BROKEN, encoding="utf-8")
    broken = AssetKey(first_model(size))
    lost = below(broken, list(project.assets.specs))

    result = project.definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, raise_on_error=False
    )
    model.write_text(sql, encoding="utf-8")

    made = [event.asset_key for event in result.get_asset_materialization_events()]
    assert not result.success
    assert set(made) == {spec.key for spec in project.assets.specs} - lost
    texts = {
        event.asset_observation_data.asset_observation.asset_key: str(
            event.asset_observation_data.asset_observation.description
        )
        for event in result.all_events
        if event.event_type is DagsterEventType.ASSET_OBSERVATION
    }
    assert "no_such_column" in texts[broken]
    assert all(texts[key].startswith("dbt skipped") for key in lost - {broken})
    records = instance.all_logs(result.run_id)
    assert any("no_such_column" in record.user_message for record in records)
    assert not any("\x1b" in record.user_message for record in records)


def below(key: AssetKey, specs: list[AssetSpec]) -> set[AssetKey]:
    """Return *key* and every asset that reads it, at whatever distance."""
    found, waiting = {key}, [key]
    while waiting:
        parent = waiting.pop()
        for spec in specs:
            if spec.key not in found and parent in {dep.asset_key for dep in spec.deps}:
                found.add(spec.key)
                waiting.append(spec.key)
    return found
