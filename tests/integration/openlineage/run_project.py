"""Run the bakery project through dbt and the lineage emitter, into memory."""

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import yaml

from floe.adapters.dbt.child_runner import ChildDbtRunner
from floe.adapters.dbt.compiled_code import CompiledFiles
from floe.adapters.dbt.manifest import JsonManifestReader
from floe.adapters.dbt.subprocess_runner import SubprocessDbtRunner
from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.noop import NoOpTracer
from floe.adapters.openlineage.column_lineage import ColumnLineage
from floe.adapters.openlineage.connection import Connection
from floe.adapters.openlineage.emitter import OpenLineageEmitter
from floe.adapters.openlineage.known_columns import KnownColumns
from floe.adapters.openlineage.naming import DatasetNames
from floe.adapters.openlineage.profile import EventProfile
from floe.domain.model.delivery import Outcome, Verdict
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.pipeline import Governance
from floe.domain.model.redaction import Redactor
from floe.domain.model.run import DbtCommand, DbtVerb, RunContext, RunReference
from floe.domain.use_cases.observe import ObservedRunner
from tests.unit.adapters.openlineage.recording_sender import RecordingSender

PROJECT = Path(__file__).parent / "project"
_AS_LONG_AS_IT_TAKES_S = 60.0
"""What is told does not hang on how busy the machine is."""
DAGSTER_RUN = RunReference(
    run_id="5f0c3a52-6f5e-4d3c-9d5f-1f5f5f5f5f5f", job_namespace="dagster", job_name="nightly"
)


class Bakery:
    """A copy of *project* with a warehouse of its own."""

    def __init__(self, directory: Path, project: Path = PROJECT) -> None:
        self.directory = directory / "project"
        shutil.copytree(project, self.directory)
        self.database = self.directory / "bakery.duckdb"
        output = {"type": "duckdb", "path": str(self.database), "threads": 2}
        profile = {"bakery": {"target": "dev", "outputs": {"dev": output}}}
        (self.directory / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
        self.names = DatasetNames(Connection.of("duckdb", output, {}, self.directory))

    def command(self, verb: DbtVerb, **changes: Any) -> DbtCommand:
        fields = {"variables": {"broken": True}, **changes}
        return DbtCommand(
            verb=verb,
            project_dir=self.directory,
            profiles_dir=self.directory,
            profile="bakery",
            target="dev",
            target_path=self.directory / "target",
            **fields,
        )

    def dbt(self, verb: DbtVerb, **changes: Any) -> list[DbtEvent]:
        return list(SubprocessDbtRunner().run(self.command(verb, **changes)))

    def graph(self) -> ProjectGraph:
        return JsonManifestReader().read(self.directory / "target" / "manifest.json")

    def context(self) -> RunContext:
        return RunContext(
            run_id="0b3f8dd3-61c0-4c4b-9b7e-0d5f6d3c9a11",
            pipeline="bakery",
            started_at=datetime.now(UTC),
            target="duckdb",
            target_name="dev",
            parent=DAGSTER_RUN,
        )

    def columns(self, graph: ProjectGraph, governance: Governance) -> ColumnLineage:
        return ColumnLineage(
            graph,
            governance=governance,
            known=KnownColumns("duckdb", project_dir=self.directory),
            target_path=self.directory / "target",
            compiled=CompiledFiles(),
        )

    def observed(self, verb: DbtVerb, **changes: Any) -> "Told":
        """Run *verb* on the project as it was parsed and return what was told about it."""
        graph = self.graph()
        outbox, sender = MemoryOutbox(), RecordingSender()
        emitter = OpenLineageEmitter(
            outbox,
            sender,
            destination="marquez",
            profile=EventProfile.of(
                namespace="floe",
                producer="floe-dagster",
                dataset_names=self.names,
                project_dir=self.directory,
            ),
            redactor=Redactor(),
            column_lineage=self.columns(graph, Governance()),
            last_columns_s=_AS_LONG_AS_IT_TAKES_S,
        )
        observed = ObservedRunner(
            ChildDbtRunner(),
            emitter,
            NoOpTracer(),
            Redactor(),
            compiled=CompiledFiles(),
            describe=True,
        )
        seen = list(observed(self.command(verb, **changes), self.context(), graph))
        emitter.close(2 * _AS_LONG_AS_IT_TAKES_S)
        return Told(graph, seen, delivered(outbox))

    def tables(self) -> dict[str, dict[str, str]]:
        """Return what is in the warehouse: ``db.schema.name`` → column name → data type."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            rows = connection.execute(
                "select table_catalog || '.' || table_schema || '.' || table_name, column_name,"
                " data_type from information_schema.columns order by 1, ordinal_position"
            ).fetchall()
        found: dict[str, dict[str, str]] = {}
        for table, column, data_type in rows:
            found.setdefault(table, {})[column] = data_type
        return found


class Told(NamedTuple):
    """What a run was: the *graph*, dbt's own events, and the lineage *events* in order."""

    graph: ProjectGraph
    seen: list[DbtEvent]
    events: list[dict[str, Any]]

    def ends(self, state: str = "COMPLETE") -> dict[str, dict[str, Any]]:
        """Return job name → end event."""
        return {event["job"]["name"]: event for event in self.events if event["eventType"] == state}


def delivered(outbox: MemoryOutbox) -> list[dict[str, Any]]:
    """Take everything out of *outbox*, as a sender would."""
    found: list[dict[str, Any]] = []
    while claimed := outbox.claim("marquez", 1000):
        for envelope in claimed:
            found.append(json.loads(envelope.body))
            outbox.settle([(envelope, Verdict(outcome=Outcome.DELIVERED))])
    return found


def output_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the one output of *event*."""
    (output,) = event["outputs"]
    return dict(output)
