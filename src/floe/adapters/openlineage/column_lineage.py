"""The columns of every node of a project, worked out from its SQL in the order of the graph."""

import logging
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from threading import RLock
from typing import NamedTuple

from floe.adapters.openlineage.described_columns import DescribedColumns
from floe.adapters.openlineage.known_columns import KnownColumns, Types
from floe.adapters.openlineage.lineage_cache import LineageCache
from floe.adapters.openlineage.snapshots import with_snapshot_columns
from floe.adapters.openlineage.static_sql import static_sql
from floe.domain.model.classification_flow import Classified, declared, inherited
from floe.domain.model.column_lineage import RelationLineage
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.pipeline import Governance
from floe.ports.compiled_sql import CompiledSql

_LOG = logging.getLogger("floe.lineage")
_RULES = "3"
"""Changes whenever the same SQL gives another answer, so that older cache entries lapse."""
_SQLGLOT = version("sqlglot")
_LONGEST_SQL = 500_000
"""Characters; longer queries are generated ones that cost minutes and tell little."""


class _Known(NamedTuple):
    digest: str
    columns: NodeColumns


class ColumnLineage:
    """Knows the columns of the nodes of *graph*, and remembers what it worked out.

    ``remembered`` costs nothing and is for the thread that runs the pipeline; ``work_out`` reads
    SQL and is for a thread beside it: that of the graph, else what *compiled* finds in dbt's
    *target_path*. Unless *known* says otherwise, seed files are looked for in the project of
    *graph* and the catalog in *target_path*.
    """

    def __init__(
        self,
        graph: ProjectGraph,
        *,
        governance: Governance,
        known: KnownColumns | None = None,
        target_path: Path | None = None,
        compiled: CompiledSql | None = None,
        cache: LineageCache | None = None,
        described: DescribedColumns | None = None,
    ) -> None:
        self._graph = graph
        self._rules = f"{_RULES}/{_SQLGLOT}/{graph.adapter_type}"
        self._governance = governance
        self._compiled = compiled
        self._target_path = target_path
        self._known = known or KnownColumns(
            graph.adapter_type,
            project_dir=Path(graph.project_root) if graph.project_root else None,
            catalog_path=target_path / "catalog.json" if target_path is not None else None,
        )
        self._cache = cache
        self._described = described or DescribedColumns()
        self._memory: dict[str, _Known] = {}
        self._lock = RLock()

    def remembered(self, node: DbtNode, code: str | None = None) -> NodeColumns | None:
        """Return the columns of *node* if they are known already, for this very *code*."""
        known = self._memory.get(node.unique_id)
        if known is None:
            return None
        if code is not None and known.digest != self._digest(node, code, self._inputs(node)):
            return None
        return known.columns

    def declared(self, node: DbtNode) -> NodeColumns:
        """Return what project and contract say of the columns of *node*, without its SQL."""
        classified = declared(node, self._governance, self._graph)
        return NodeColumns(classifications=tuple(classified.values()))

    def work_out(self, node: DbtNode, code: str | None = None) -> NodeColumns:
        """Return the columns of *node*, made by the SQL *code*, and of all that it reads.

        Without *code* the SQL is looked for. Never raises for what stands in a project: a query
        that cannot be understood has no lineage.
        """
        with self._lock:
            inputs = self._learned_inputs(node)
            return self._learn(node, code, inputs)

    def told(self, node: DbtNode, columns: Types, code: str | None = None) -> None:
        """Let *columns* be those of *node*, made by *code*: the warehouse said so, just now.

        They count until the SQL of *node*, or what it reads, is another one.
        """
        with self._lock:
            inputs = self._learned_inputs(node)
            digest = self._digest(node, code or self._sql(node), inputs)
            known = {name: kind for name, kind in columns.items() if kind}
            self._described.put(node.unique_id, digest, known)
            self._memory.pop(node.unique_id, None)

    def _learned_inputs(self, node: DbtNode) -> Sequence[DbtNode]:
        """Return what *node* reads, when it and all before it is remembered."""
        inputs = self._inputs(node)
        seen = {node.unique_id}
        stack: list[tuple[DbtNode, Sequence[DbtNode] | None]] = [(item, None) for item in inputs]
        while stack:
            current, parents = stack.pop()
            if parents is not None:
                self._learn(current, None, parents)
            elif current.unique_id not in seen and current.unique_id not in self._memory:
                seen.add(current.unique_id)
                parents = self._inputs(current)
                stack.append((current, parents))
                stack.extend((parent, None) for parent in parents)
        return inputs

    def _learn(self, node: DbtNode, code: str | None, inputs: Sequence[DbtNode]) -> NodeColumns:
        sql = code or self._sql(node)
        digest = self._digest(node, sql, inputs)
        known = self._memory.get(node.unique_id)
        if known is not None and known.digest == digest:
            return known.columns
        lineage = self._lineage(node, sql, digest, inputs) if sql else None
        columns = NodeColumns(
            data_types=self._types(node, lineage, self._described.get(node.unique_id, digest)),
            lineage=lineage,
            classifications=self._classified(node, lineage, inputs),
        )
        self._memory[node.unique_id] = _Known(digest, columns)
        return columns

    def _inputs(self, node: DbtNode) -> Sequence[DbtNode]:
        return self._graph.inputs_of(node.unique_id)

    def _sql(self, node: DbtNode) -> str:
        if node.language == "python":
            return ""
        return node.compiled_code or self._in_file(node) or static_sql(node, self._graph) or ""

    def _in_file(self, node: DbtNode) -> str | None:
        if self._compiled is None or self._target_path is None:
            return None
        return self._compiled.of(node, self._target_path)

    def _lineage(
        self, node: DbtNode, sql: str, digest: str, inputs: Sequence[DbtNode]
    ) -> RelationLineage | None:
        if node.language == "python" or len(sql) > _LONGEST_SQL:
            return None
        cached = self._cache.get(node.unique_id, digest) if self._cache is not None else None
        if cached is not None:
            return cached
        lineage = self._traced(node, sql, inputs)
        if lineage is None:
            return None
        if node.resource_type == "snapshot":
            lineage = with_snapshot_columns(node, lineage)
        if self._cache is not None:
            self._cache.put(node.unique_id, digest, lineage)
        return lineage

    def _traced(self, node: DbtNode, sql: str, inputs: Sequence[DbtNode]) -> RelationLineage | None:
        from floe.adapters.openlineage.sql.lineage import lineage_of_sql
        from floe.adapters.openlineage.sql.query import (
            InputRelation,
            UnreadableSqlError,
            dialect_of,
        )

        relations = tuple(
            InputRelation(parent.unique_id, parent.relation, self._types_of(parent.unique_id))
            for parent in inputs
        )
        try:
            return lineage_of_sql(sql, relations, dialect_of(self._graph.adapter_type))
        except UnreadableSqlError as error:
            _LOG.debug("no column lineage for %s: %s", node.unique_id, error)
        except Exception:  # noqa: BLE001 - whatever a query does to its reader, it costs no more
            _LOG.debug("no column lineage for %s", node.unique_id, exc_info=True)
        return None

    def _types_of(self, unique_id: str) -> Types:
        known = self._memory.get(unique_id)
        return known.columns.data_types if known is not None else {}

    def _types(self, node: DbtNode, lineage: RelationLineage | None, told: Types) -> Types:
        """Return names from the surest place, and for each the type from the surest place."""
        now, recorded = self._known.now(node) or told, self._known.recorded(node)
        documented = self._known.documented(node)
        made = lineage.data_types if lineage is not None else self._known.in_file(node)
        whole = made if lineage is None or lineage.is_complete else {}
        names = now or whole or recorded or {**made, **documented}
        places = [place for place in (now, made, recorded, documented) if place]
        if len(places) == 1:
            return names
        folded = [{name.lower(): kind for name, kind in place.items()} for place in places]
        return {
            name: next((kind for place in folded if (kind := place.get(name.lower()))), None)
            for name in names
        }

    def _classified(
        self, node: DbtNode, lineage: RelationLineage | None, inputs: Sequence[DbtNode]
    ) -> tuple[ColumnClassification, ...]:
        own = declared(node, self._governance, self._graph)
        if lineage is None or not any(self._classified_of(item.unique_id) for item in inputs):
            return tuple(own.values())
        passed_on = inherited(lineage, self._classified_of)
        return tuple({**passed_on, **own}.values())

    def _classified_of(self, unique_id: str) -> Classified:
        known = self._memory.get(unique_id)
        items = known.columns.classifications if known is not None else ()
        return {item.column_name.lower(): item for item in items}

    def _digest(self, node: DbtNode, sql: str, inputs: Sequence[DbtNode]) -> str:
        # dbt's file ends where its event goes on: a config block leaves an empty line there.
        parts = [self._rules, sql.strip() or node.checksum or ""]
        for parent in inputs:
            types = self._types_of(parent.unique_id).items()
            columns = ",".join([f"{name}:{kind}" for name, kind in types])
            parts.append(f"\n{parent.unique_id}({columns})")
        return sha256("".join(parts).encode()).hexdigest()
