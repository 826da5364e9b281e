"""What changed between two runs is seen by the second: however dbt is run, and whoever runs it.

Every way to be fast keeps something of the last run. Each change stands in a node of its own, so
that none is seen by the help of another.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from dagster import DagsterInstance

from floe.domain.model.node_event import InvocationFinished, NodeFinished
from floe.entrypoints.asset_factory import FloeAssetFactory
from floe.entrypoints.project import open_project
from floe.ports.dbt_runner import DbtRunner
from tests.integration.dbt.conftest import KINDS
from tests.integration.dbt.projects import PROFILES, command, write

pytestmark = pytest.mark.engine

PROJECT = {
    "dbt_project.yml": "{name: shop, version: '1.0', profile: shop, vars: {set: first}}",
    "macros/said.sql": "{% macro said() %}'first'{% endmacro %}",
    "seeds/raw.csv": "id,name\n1,first\n",
    "models/by_itself.sql": "select 'first' as said",
    "models/by_macro.sql": "select {{ said() }} as said",
    "models/by_seed.sql": "select max(name) as said from {{ ref('raw') }}",
    "models/by_variable.sql": "select '{{ var('set') }}' as said",
    "models/by_environment.sql": "select '{{ env_var('SHOP_SAID', 'first') }}' as said",
    "models/by_profile.sql": "select '{{ target.schema }}' as said",
    "models/by_target.sql": "select '{{ target.name }}' as said",
    "models/old.sql": "select 'old' as said",
    "models/at_times.sql": (
        "{{ config(enabled=env_var('SHOP_AT_TIMES', 'no') == 'yes') }} select 'first' as said"
    ),
    "models/schema.yml": "models: [{name: by_itself, config: {materialized: table}}]",
}
FILES = {
    "macros/said.sql": "{% macro said() %}'second'{% endmacro %}",
    "seeds/raw.csv": "id,name\n1,second\n2,first\n",
    "models/by_itself.sql": "select 'second' as said",
    "models/new.sql": "select 'second' as said",
    "models/schema.yml": "models: [{name: by_itself, config: {materialized: view}}]",
}
"""What is changed in the project's own files; ``new`` is new, and ``old`` is taken away."""
IN_FILES = {"by_itself", "by_macro", "by_seed", "new"}


def change_files(project: Path) -> None:
    write(project, FILES)
    (project / "models/old.sql").unlink()


class Seen(NamedTuple):
    """The tables of one run, by schema and name, with what each one says."""

    said: Mapping[tuple[str, str], str]
    views: frozenset[str]

    def in_schema(self, schema: str) -> dict[str, str]:
        return {name: said for (where, name), said in self.said.items() if where == schema}

    def that_say(self, word: str, schema: str = "dev") -> set[str]:
        return {name for name, said in self.in_schema(schema).items() if said == word}


def look(database: Path) -> Seen:
    """Return what stands in *database*."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name, table_type from information_schema.tables"
            " where table_name <> 'raw'"
        ).fetchall()
        said = {
            (schema, name): connection.table(f"{schema}.{name}").project("said").fetchall()
            for schema, name, _ in tables
        }
    return Seen(
        {key: rows[0][0] for key, rows in said.items()},
        frozenset(name for _, name, kind in tables if kind == "VIEW"),
    )


def build(runner: DbtRunner, project: Path, **changes: Any) -> Seen:
    """Build the project by *runner* into a database that is new."""
    database = project / "shop.duckdb"
    database.unlink(missing_ok=True)
    environment = {"SHOP_DATABASE": str(database), **changes.pop("environment", {})}
    events = tuple(runner.run(command(project, environment=environment, **changes)))
    end = events[-1]
    assert isinstance(end, InvocationFinished)
    assert end.is_success, end
    assert [event for event in events if isinstance(event, NodeFinished)]
    return look(database)


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_run_dbt_sees_every_change(
    kind: str, runners: Mapping[str, DbtRunner], tmp_path: Path
) -> None:
    runner = runners[kind]
    project = write(tmp_path, PROJECT | {"profiles/profiles.yml": PROFILES})
    first = build(runner, project)
    assert first.that_say("first") == {
        *("by_itself", "by_macro", "by_seed", "by_variable", "by_environment")
    }
    assert "by_itself" not in first.views

    change_files(project)
    changed = build(runner, project)
    assert changed.that_say("second") == IN_FILES
    assert "by_itself" in changed.views
    assert "old" not in changed.in_schema("dev")

    varied = build(runner, project, variables={"set": "second"})
    assert varied.that_say("second") - IN_FILES == {"by_variable"}

    environment = {"SHOP_SAID": "second", "SHOP_AT_TIMES": "yes"}
    told = build(runner, project, environment=environment)
    assert told.that_say("second") - IN_FILES == {"by_environment"}
    assert told.that_say("first") == {"by_variable", "at_times"}

    write(project, {"profiles/profiles.yml": PROFILES.replace("schema: dev", "schema: second")})
    moved = build(runner, project)
    assert moved.that_say("second", "second") == IN_FILES | {"by_profile"}

    assert build(runner, project, target="prod").that_say("prod", "prod") == {
        *("by_profile", "by_target")
    }


CONTRACT = """
name: shop
version: "1.0.0"
compute: {{target: duckdb, properties: {{path: shop.duckdb, schema: {schema}}}}}
transforms: [{{type: dbt, path: dbt}}]
"""
SETTINGS = "orchestrator: {orchestrator}\nlineage: {{kind: file, path: lineage.jsonl}}\n"


class Pipeline:
    """A floe project whose runs are looked at: in the warehouse, and in the lineage."""

    def __init__(self, root: Path, orchestrator: str) -> None:
        self.root = write(
            root,
            {
                "floe.yaml": CONTRACT.format(schema="dev"),
                "floe.settings.yaml": SETTINGS.format(orchestrator=orchestrator),
            },
        )
        write(root / "dbt", PROJECT)

    def run(self) -> tuple[Seen, set[str]]:
        """Run everything; return what stands in the warehouse, and the tables lineage names."""
        for name in ("shop.duckdb", "lineage.jsonl"):
            (self.root / name).unlink(missing_ok=True)
        self._run()
        return look(self.root / "shop.duckdb"), {
            output["name"].removeprefix("shop.")
            for line in (self.root / "lineage.jsonl").read_text().splitlines()
            for output in json.loads(line)["outputs"]
        }

    def _run(self) -> None:
        with open_project(self.root / "floe.yaml") as project:
            outcome = project.run(project.command())
        assert outcome.summary.exit_code == 0, outcome.summary


class CodeLocation(Pipeline):
    """The same project, loaded and run as Dagster's own processes do."""

    def _run(self) -> None:
        definitions = FloeAssetFactory().create_definitions(self.root / "floe.yaml")
        job = definitions.resolve_implicit_global_asset_job_def()
        with DagsterInstance.ephemeral() as instance:
            assert job.execute_in_process(instance=instance).success


def pipeline_by(name: str, root: Path) -> Pipeline:
    return CodeLocation(root, "dagster") if name == "location" else Pipeline(root, name)


@pytest.mark.parametrize("name", ["direct", "dagster", "location"])
def test_a_run_sees_every_change_and_its_lineage_does_too(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = pipeline_by(name, tmp_path)
    first, names = pipeline.run()
    assert names == {f"dev.{name}" for name in (*first.in_schema("dev"), "raw")}

    change_files(pipeline.root / "dbt")
    changed, names = pipeline.run()
    assert changed.that_say("second") == IN_FILES
    assert "dev.new" in names

    write(pipeline.root, {"floe.yaml": CONTRACT.format(schema="second")})
    moved, names = pipeline.run()
    assert moved.that_say("second", "second") == IN_FILES | {"by_profile"}
    assert names == {f"second.{name}" for name in (*moved.in_schema("second"), "raw")}

    monkeypatch.setenv("SHOP_SAID", "second")
    monkeypatch.setenv("SHOP_AT_TIMES", "yes")
    told, names = pipeline.run()
    assert told.that_say("second", "second") >= {"by_environment"}
    assert "second.at_times" in names
