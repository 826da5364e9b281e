"""What a run says about itself in OpenLineage: names, columns, events."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from floe.adapters.noop import NoOpLineageEmitter
from floe.container.delivery import LINEAGE
from floe.container.kinds import by_kind
from floe.domain.model import settings as chosen
from floe.domain.model.lineage import OpenLineageConfig
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.plan import RunPlan
from floe.domain.model.profile import Profile
from floe.domain.model.redaction import Redactor
from floe.domain.model.settings import Settings
from floe.ports.compiled_sql import CompiledSql
from floe.ports.deliverer import Deliverer
from floe.ports.lineage import LineageEmitter
from floe.ports.outbox import Outbox

if TYPE_CHECKING:
    from floe.adapters.openlineage.column_lineage import ColumnLineage
    from floe.adapters.openlineage.naming import DatasetNames


def recovered(body: bytes, moment: datetime) -> bytes:
    """Return the end of the run that left *body* as its last will, dated *moment*."""
    from floe.adapters.openlineage.last_will import ended

    return ended(body, moment)


def _dataset_names(
    plan: RunPlan, settings: Settings, environ: Mapping[str, str], profile: Profile
) -> "DatasetNames":
    from floe.adapters.openlineage.connection import Connection
    from floe.adapters.openlineage.naming import DatasetNames

    output = profile.outputs[profile.default_target]
    connection = Connection.of(str(output["type"]), output, environ, plan.project_dir)
    return DatasetNames(connection, settings.dataset_namespace)


def _columns(
    plan: RunPlan, graph: ProjectGraph, state_dir: Path, compiled: CompiledSql
) -> "ColumnLineage":
    from floe.adapters.openlineage.column_lineage import ColumnLineage
    from floe.adapters.openlineage.described_columns import DescribedColumns
    from floe.adapters.openlineage.lineage_cache import LineageCache

    return ColumnLineage(
        graph,
        governance=plan.pipeline.governance,
        target_path=plan.manifest_path.parent,
        compiled=compiled,
        cache=LineageCache(state_dir / "columns"),
        described=DescribedColumns(state_dir / "described"),
    )


def _openlineage(
    plan: RunPlan,
    settings: Settings,
    *,
    outbox: Outbox,
    deliverer: Deliverer,
    dataset_names: "DatasetNames",
    redactor: Redactor,
    columns: "ColumnLineage",
) -> LineageEmitter:
    from floe.adapters.delivery.sender import BackgroundSender
    from floe.adapters.openlineage.emitter import OpenLineageEmitter
    from floe.adapters.openlineage.profile import EventProfile

    return OpenLineageEmitter(
        outbox,
        BackgroundSender(outbox, {LINEAGE: deliverer}),
        destination=LINEAGE,
        profile=EventProfile.of(
            namespace=plan.lineage.namespace,
            producer=OpenLineageConfig().producer,
            dataset_names=dataset_names,
            capture_sql=settings.capture_sql,
            project_dir=plan.project_dir,
        ),
        redactor=redactor,
        governance=plan.pipeline.governance,
        column_lineage=columns,
    )


class Lineage(containers.DeclarativeContainer):
    """What knows where the data came from, and what tells it."""

    plan = providers.Dependency(instance_of=RunPlan)
    settings = providers.Dependency(instance_of=Settings)
    environ = providers.Dependency(instance_of=dict)
    state_dir = providers.Dependency(instance_of=Path)
    profile = providers.Dependency(instance_of=Profile)
    graph = providers.Dependency(instance_of=ProjectGraph)
    redactor = providers.Dependency(instance_of=Redactor)
    outbox: providers.Provider[Outbox] = providers.Dependency()
    deliverer: providers.Provider[Deliverer] = providers.Dependency()
    compiled: providers.Provider[CompiledSql] = providers.Dependency()

    columns: providers.Provider["ColumnLineage"] = providers.Singleton(
        _columns, plan, graph, state_dir, compiled
    )
    _own = providers.Singleton(
        _openlineage,
        plan,
        settings,
        outbox=outbox,
        deliverer=deliverer,
        dataset_names=providers.Singleton(_dataset_names, plan, settings, environ, profile),
        redactor=redactor,
        columns=columns,
    )
    emitter: providers.Provider[LineageEmitter] = by_kind(
        settings.provided.lineage,
        {
            chosen.Off: providers.Singleton(NoOpLineageEmitter),
            chosen.Console: _own,
            chosen.File: _own,
            chosen.LineageHttp: _own,
            chosen.LineageTransport: _own,
        },
        group="floe.lineage",
    )
