"""An emitter over memory, and what came out of it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.openlineage.column_lineage import ColumnLineage
from floe.adapters.openlineage.connection import Connection
from floe.adapters.openlineage.emitter import OpenLineageEmitter
from floe.adapters.openlineage.naming import DatasetNames
from floe.adapters.openlineage.profile import EventProfile
from floe.domain.model.delivery import Outcome, Verdict
from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.pipeline import Governance
from floe.domain.model.redaction import Redactor
from floe.domain.model.run import RunContext
from floe.domain.model.run_ledger import RunLedger, RunTransition
from tests.fakes import context
from tests.fakes import graph as graph_of
from tests.unit.adapters.openlineage.recording_sender import RecordingSender

NAMES = DatasetNames(Connection.of("duckdb", {"path": "/data/shop.duckdb"}, {}))


def profile(**changes: Any) -> EventProfile:
    fields: dict[str, Any] = {
        "namespace": "floe",
        "producer": "https://example.org/floe/1.0",
        "dataset_names": NAMES,
    }
    return EventProfile(**fields | changes)


class Emitting:
    """An emitter, its outbox and its sender."""

    def __init__(
        self,
        *nodes: DbtNode,
        governance: Governance | None = None,
        columns: bool = False,
        outbox: MemoryOutbox | None = None,
        consumers: Sequence[DbtNode] = (),
        **changes: Any,
    ) -> None:
        self.graph: ProjectGraph = graph_of(
            *nodes, consumers={item.unique_id: item for item in consumers}
        )
        self.outbox = outbox or MemoryOutbox()
        self.sender = RecordingSender()
        governance = governance or Governance()
        self.columns = ColumnLineage(self.graph, governance=governance) if columns else None
        self.emitter = OpenLineageEmitter(
            self.outbox,
            self.sender,
            destination="marquez",
            profile=profile(**changes),
            redactor=Redactor(["s3cr3t-value"]),
            governance=governance,
            column_lineage=self.columns,
        )

    def transitions(
        self, *events: DbtEvent, run: RunContext | None = None
    ) -> tuple[RunTransition, ...]:
        ledger = RunLedger(run or context(), self.graph)
        return tuple(change for event in events for change in ledger.feed(event))

    def tell(self, *events: DbtEvent, run: RunContext | None = None) -> list[dict[str, Any]]:
        """Emit what *events* cause and return what can be delivered after the close."""
        for transition in self.transitions(*events, run=run):
            self.emitter.emit(transition)
        self.emitter.close(10.0)
        return self.delivered()

    def delivered(self) -> list[dict[str, Any]]:
        """Take out what may be delivered now."""
        found: list[dict[str, Any]] = []
        while claimed := self.outbox.claim("marquez", 1000):
            for envelope in claimed:
                found.append(json.loads(envelope.body))
                self.outbox.settle([(envelope, Verdict(outcome=Outcome.DELIVERED))])
        return found


def repository(directory: Path, remote: str | None, head: str = "ref: refs/heads/main") -> Path:
    """Write the parts of a git repository that matter, and return a project in it."""
    git = directory / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text(f"{head}\n", encoding="utf-8")
    (git / "refs" / "heads" / "main").write_text(f"{'a' * 40}\n", encoding="utf-8")
    origin = f'[remote "origin"]\n\turl = {remote}\n' if remote else ""
    config = f"[core]\n\tbare = false\n{origin}"
    (git / "config").write_text(config, encoding="utf-8")
    project = directory / "dbt" / "shop"
    project.mkdir(parents=True)
    return project
