"""One project's adapters, each made when it is first asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from floe.container.dbt import Dbt
from floe.container.delivery import Delivery
from floe.container.history import History
from floe.container.lineage import Lineage
from floe.container.profiles import Profiles
from floe.container.tracing import Tracing
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.plan import RunPlan
from floe.domain.model.profile import Profile
from floe.domain.model.redaction import Redactor
from floe.domain.model.settings import Settings
from floe.domain.use_cases.observe import ObservedRunner
from floe.ports.dbt_runner import DbtRunner
from floe.ports.lineage import LineageEmitter
from floe.ports.memory import Memory
from floe.ports.outbox import Outbox
from floe.ports.outbox_upkeep import OutboxUpkeep
from floe.ports.profile_generator import ProfileGenerator
from floe.ports.profile_store import ProfileStore
from floe.ports.report import ReportWriter
from floe.ports.run_archive import RunArchive
from floe.ports.sender import Sender
from floe.ports.tracer import Tracer

if TYPE_CHECKING:
    from floe.adapters.dbt.manifest import JsonManifestReader
    from floe.adapters.openlineage.column_lineage import ColumnLineage


class Container(containers.DeclarativeContainer):
    """One project's adapters, by concern: what the entry points ask for."""

    plan = providers.Dependency(instance_of=RunPlan)
    settings = providers.Dependency(instance_of=Settings)
    environ = providers.Dependency(instance_of=dict)
    state_dir = providers.Dependency(instance_of=Path)

    _profiles = providers.Container(Profiles, plan=plan, settings=settings, environ=environ)
    profile_generator: providers.Provider[ProfileGenerator] = _profiles.generator
    profile: providers.Provider[Profile] = _profiles.profile
    profile_store: providers.Provider[ProfileStore] = _profiles.store
    redactor: providers.Provider[Redactor] = _profiles.redactor

    _dbt = providers.Container(Dbt, plan=plan, settings=settings, state_dir=state_dir)
    manifest_reader: providers.Provider["JsonManifestReader"] = _dbt.manifest_reader
    graph: providers.Provider[ProjectGraph] = _dbt.graph
    dbt: providers.Provider[DbtRunner] = _dbt.runner

    _history = providers.Container(History, state_dir=state_dir)
    memory: providers.Provider[Memory] = _history.memory
    run_archive: providers.Provider[RunArchive] = _history.run_archive
    report_writer: providers.Provider[ReportWriter] = _history.report_writer

    _delivery = providers.Container(
        Delivery, plan=plan, settings=settings, environ=environ, state_dir=state_dir
    )
    outbox: providers.Provider[Outbox] = _delivery.outbox
    upkeep: providers.Provider[OutboxUpkeep] = _delivery.upkeep
    sender: providers.Provider[Sender] = _delivery.sender

    _lineage = providers.Container(
        Lineage,
        plan=plan,
        settings=settings,
        environ=environ,
        state_dir=state_dir,
        profile=profile,
        graph=graph,
        redactor=redactor,
        outbox=outbox,
        deliverer=_delivery.lineage,
        compiled=_dbt.compiled,
    )
    columns: providers.Provider["ColumnLineage"] = _lineage.columns
    lineage: providers.Provider[LineageEmitter] = _lineage.emitter

    _tracing = providers.Container(
        Tracing,
        plan=plan,
        settings=settings,
        environ=environ,
        outbox=outbox,
        signals=_delivery.signals,
    )
    tracer: providers.Provider[Tracer] = _tracing.tracer

    observed: providers.Provider[ObservedRunner] = providers.Singleton(
        ObservedRunner,
        dbt,
        lineage,
        tracer,
        redactor,
        compiled=_dbt.compiled,
        describe=settings.provided.warehouse_types,
        queries=settings.provided.trace_queries,
    )
