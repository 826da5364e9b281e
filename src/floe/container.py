"""Every port, and the adapter that serves it under the settings: the wiring, and nothing else.

Adapters are imported inside the functions that make them, so that a backend which is switched off
is not even imported. Third parties add theirs by entry point, selected by the same ``kind``.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from dependency_injector import containers, providers

from floe.adapters.noop import NoOpLineageEmitter, NoOpTracer
from floe.domain.model import settings as chosen
from floe.domain.model.errors import Problem, UnknownAdapterError
from floe.domain.model.lineage import OpenLineageConfig
from floe.domain.model.manifest import Deferred, ProjectGraph
from floe.domain.model.node_event import DbtEvent, NodeFinished
from floe.domain.model.pipeline import TARGETS, Pipeline, Sampling
from floe.domain.model.plan import RunPlan
from floe.domain.model.profile import Profile
from floe.domain.model.redaction import Redactor
from floe.domain.model.run import DbtCommand, RunContext, RunSummary
from floe.domain.model.settings import Settings
from floe.domain.model.value import Value
from floe.domain.use_cases.observe import ObservedRunner
from floe.domain.use_cases.plan import require_compute
from floe.ports.artifact_reader import ArtifactReader
from floe.ports.artifact_writer import ArtifactWriter
from floe.ports.dbt_project import DbtProjectFiles
from floe.ports.dbt_runner import DbtRunner
from floe.ports.deliverer import Deliverer
from floe.ports.lineage import LineageEmitter
from floe.ports.manifest_reader import ManifestReader
from floe.ports.memory import Memory
from floe.ports.orchestrator import Orchestrator
from floe.ports.outbox import Outbox
from floe.ports.outbox_upkeep import OutboxUpkeep
from floe.ports.profile_generator import ProfileGenerator
from floe.ports.profile_store import ProfileStore
from floe.ports.report import ReportWriter
from floe.ports.run_archive import RunArchive
from floe.ports.sender import Sender
from floe.ports.tracer import Tracer

if TYPE_CHECKING:
    from floe.adapters.dagster.assets import FloeAssetFactory
    from floe.adapters.dagster.component import ProjectComponent
    from floe.adapters.dagster.services import Services
    from floe.adapters.openlineage.column_lineage import ColumnLineage
    from floe.adapters.openlineage.naming import DatasetNames
    from floe.adapters.otlp.sink import Sink

LINEAGE = "lineage"
"""The name of the lineage backend in the outbox; each OTLP signal has its own name there."""


def plugin(group: str, kind: str) -> Callable[..., Any]:
    """Return what the entry point *kind* of *group* names.

    Raises:
        UnknownAdapterError: No installed package provides it.
    """
    found = entry_points(group=group, name=kind)
    if not found:
        known = ", ".join(sorted(entry_points(group=group).names)) or "none is installed"
        raise UnknownAdapterError(
            Problem(
                f"no installed package provides the {group.removeprefix('floe.')} kind {kind!r}",
                "settings",
                f"install the package that does; from packages: {known}",
            )
        )
    return cast(Callable[..., Any], next(iter(found)).load())


def document_reader(environ: Mapping[str, str]) -> ArtifactReader:
    """Return the reader of contract documents; targets of installed packages are known to it.

    ``FLOE_PLATFORM_FILE`` and ``FLOE_PLATFORM_ENV`` say which platform a floe.yaml is for.
    """
    from floe.adapters.artifacts.reader import DocumentReader

    platform = environ.get("FLOE_PLATFORM_FILE")
    return DocumentReader(
        targets=(*TARGETS, *entry_points(group="floe.profiles").names),
        platform_file=Path(platform) if platform else None,
        platform_env=environ.get("FLOE_PLATFORM_ENV"),
    )


def document_writer() -> ArtifactWriter:
    """Return the writer of compiled contract documents."""
    from floe.adapters.artifacts.compiler import DocumentWriter

    return DocumentWriter()


def project_files() -> DbtProjectFiles:
    """Return the view of dbt project files on disk."""
    from floe.adapters.dbt.project_files import DiskProjectFiles

    return DiskProjectFiles()


def discover(start: Path, *, source_only: bool = False) -> Path:
    """Return the contract document found upward from *start*; only a floe.yaml if asked."""
    from floe.adapters.artifacts.discovery import CANDIDATES, SOURCE, discover

    return discover(start, candidates=(SOURCE,) if source_only else CANDIDATES)


def changed_source(pipeline: Pipeline) -> Path | None:
    """Return the floe.yaml that *pipeline* was compiled from, if it changed since."""
    from floe.adapters.artifacts.discovery import changed_source

    return changed_source(pipeline)


def project_settings(root: Path) -> Mapping[str, Any]:
    """Return what the project's own settings file says."""
    from floe.adapters.settings_file import FILE_NAME, read_settings

    return read_settings(root / FILE_NAME)


def scaffold(directory: Path) -> tuple[Path, ...]:
    """Lay the demo project down in *directory* and return the files that were written."""
    from floe.adapters import demo

    return demo.scaffold(directory)


def _redactor(environ: Mapping[str, str], profile: Profile) -> Redactor:
    return Redactor.of_environment(environ, [var.name for var in profile.env_vars if var.secret])


def _profile(plan: RunPlan, generator: ProfileGenerator) -> Profile:
    return generator.generate(plan.pipeline, plan.profile)


def _profile_generator(plan: RunPlan, settings: Settings) -> ProfileGenerator:
    from floe.adapters.profiles.factory import GENERATORS, ProfileFactory

    target = require_compute(plan).target
    if target not in GENERATORS:
        return cast(ProfileGenerator, plugin("floe.profiles", target)())
    return ProfileFactory(secret_template=settings.secret_template).create(target)


def _profile_store() -> ProfileStore:
    from floe.adapters.profiles.writer import ProfileWriter

    return ProfileWriter()


def _manifest_reader() -> ManifestReader:
    from floe.adapters.dbt.manifest import JsonManifestReader

    return JsonManifestReader()


def _memory(state_dir: Path) -> Memory:
    from floe.adapters.state_files import StateFiles

    return StateFiles(state_dir)


def _run_archive(state_dir: Path) -> RunArchive:
    from floe.adapters.run_archive import JsonRunArchive

    return JsonRunArchive(state_dir / "runs")


def _report_writer() -> ReportWriter:
    from floe.adapters.report.page import HtmlReportWriter

    return HtmlReportWriter()


def _in_process_dbt() -> DbtRunner:
    from floe.adapters.dbt.in_process import InProcessDbtRunner

    return InProcessDbtRunner()


def _child_dbt() -> DbtRunner:
    from floe.adapters.dbt.child_runner import ChildDbtRunner

    return ChildDbtRunner()


def _subprocess_dbt(choice: chosen.SubprocessDbt) -> DbtRunner:
    from floe.adapters.dbt.subprocess_runner import SubprocessDbtRunner

    return SubprocessDbtRunner(choice.executable)


def _warm_dbt(choice: chosen.WarmDbt, state_dir: Path) -> DbtRunner:
    from floe.adapters.dbt.warm import WarmDbtRunner

    return WarmDbtRunner(state_dir, choice.idle_s)


def _plugin(group: str, choice: chosen.Plugin) -> Any:  # noqa: ANN401 - the group's own port
    return plugin(group, choice.kind)(**choice.options)


def _outbox(state_dir: Path) -> Iterator[Outbox]:
    from floe.adapters.delivery.sqlite_outbox import SqliteOutbox

    outbox = SqliteOutbox(state_dir / "outbox")
    yield outbox
    outbox.close()


def _upkeep(outbox: Outbox) -> OutboxUpkeep:
    return cast("OutboxUpkeep", outbox)


def _console_deliverer() -> Deliverer:
    from floe.adapters.delivery.console import ConsoleDeliverer

    return ConsoleDeliverer()


def _file_deliverer(choice: chosen.File, plan: RunPlan) -> Deliverer:
    from floe.adapters.delivery.file import FileDeliverer

    return FileDeliverer(plan.project_root / choice.path)


def _transport_deliverer(choice: chosen.LineageTransport) -> Deliverer:
    from floe.adapters.delivery.openlineage_transport import TransportDeliverer

    return TransportDeliverer(choice.config)


def _http_deliverer(choice: chosen.LineageHttp, environ: Mapping[str, str]) -> Deliverer:
    from floe.adapters.delivery.credentials import bearer_from
    from floe.adapters.delivery.http import HttpDeliverer
    from floe.adapters.delivery.openlineage_http import OpenLineageHttpDeliverer

    http = HttpDeliverer(
        choice.url,
        headers=choice.headers,
        credentials=bearer_from(choice.api_key_env, environ) if choice.api_key_env else None,
        timeout_s=choice.timeout_s,
        compress=choice.compress,
        ca_bundle=choice.ca_bundle,
    )
    return OpenLineageHttpDeliverer(http) if choice.batch else http


def _signal_deliverers(
    choice: chosen.OtlpHttp, plan: RunPlan, environ: Mapping[str, str]
) -> dict[str, Deliverer]:
    """Return a deliverer for each signal that is wanted, as the standard variables say."""
    from floe.adapters.delivery.credentials import headers_from
    from floe.adapters.delivery.http import HttpDeliverer
    from floe.adapters.otlp.environment import SignalOptions, read_environment
    from floe.adapters.otlp.sink import Signal

    said = read_environment(environ)
    wanted = {Signal.TRACES: True, Signal.METRICS: plan.tracing.metrics, Signal.LOGS: choice.logs}
    secret = headers_from(choice.headers_env, environ) if choice.headers_env else None
    deliverers: dict[str, Deliverer] = {}
    for signal, is_wanted in wanted.items():
        here = SignalOptions(
            endpoint=f"{choice.endpoint.rstrip('/')}/v1/{signal}",
            compress=choice.compress,
            timeout_s=choice.timeout_s,
            ca_bundle=choice.ca_bundle,
        )
        options = said.signals.get(signal, SignalOptions()).over(here)
        if not is_wanted or options.exporter == "none" or options.endpoint is None:
            continue
        certificate = options.client_certificate
        deliverers[signal] = HttpDeliverer(
            options.endpoint,
            headers=choice.headers,
            credentials=_both(options.headers, secret),
            timeout_s=options.timeout_s or choice.timeout_s,
            compress=bool(options.compress),
            ca_bundle=options.ca_bundle,
            client_identity=(certificate, options.client_key) if certificate else None,
        )
    return deliverers


def _both(
    headers: Mapping[str, str], secret: Callable[[], Mapping[str, str]] | None
) -> Callable[[], Mapping[str, str]] | None:
    """Return credentials of the environment's own headers and those of a variable by name."""
    if secret is None:
        return (lambda: headers) if headers else None
    return lambda: {**headers, **secret()}


def _sender(
    plan: RunPlan,
    settings: Settings,
    environ: Mapping[str, str],
    outbox: Outbox,
    lineage: Callable[[], Deliverer],
) -> Sender:
    """Return a sender for everything that may wait, whoever put it there."""
    from floe.adapters.delivery.sender import BackgroundSender

    own = not isinstance(settings.lineage, chosen.Off | chosen.Plugin)
    deliverers = {LINEAGE: lineage()} if own else {}
    if isinstance(settings.tracing, chosen.OtlpHttp):
        deliverers |= _signal_deliverers(settings.tracing, plan, environ)
    return BackgroundSender(outbox, deliverers)


def recovered(body: bytes, moment: datetime) -> bytes:
    """Return the last will *body* of a run, dated *moment*."""
    from floe.adapters.openlineage.last_will import stamped

    return stamped(body, moment)


def _dataset_names(
    plan: RunPlan, settings: Settings, environ: Mapping[str, str], profile: Profile
) -> "DatasetNames":
    from floe.adapters.openlineage.connection import Connection
    from floe.adapters.openlineage.naming import DatasetNames

    output = profile.outputs[profile.default_target]
    connection = Connection.of(str(output["type"]), output, environ, plan.project_dir)
    return DatasetNames(connection, settings.dataset_namespace)


def _columns(plan: RunPlan, graph: ProjectGraph, state_dir: Path) -> "ColumnLineage":
    from floe.adapters.openlineage.column_lineage import ColumnLineage
    from floe.adapters.openlineage.compiled_sql import CompiledSql
    from floe.adapters.openlineage.lineage_cache import LineageCache

    return ColumnLineage(
        graph,
        governance=plan.pipeline.governance,
        compiled=CompiledSql(manifest_path(plan).parent),
        cache=LineageCache(state_dir / "columns"),
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


def _file_sink(choice: chosen.File, plan: RunPlan) -> "Sink":
    from floe.adapters.otlp.line_sink import file_sink

    return file_sink(plan.project_root / choice.path)


def _console_sink() -> "Sink":
    from floe.adapters.otlp.line_sink import console_sink

    return console_sink()


def _http_sink(
    choice: chosen.OtlpHttp, plan: RunPlan, environ: Mapping[str, str], outbox: Outbox
) -> "Sink":
    from floe.adapters.delivery.sender import BackgroundSender
    from floe.adapters.otlp.outbox_sink import OutboxSink
    from floe.adapters.otlp.sink import Signal

    deliverers = _signal_deliverers(choice, plan, environ)
    destinations = {Signal(signal): signal for signal in deliverers}
    return OutboxSink(outbox, BackgroundSender(outbox, deliverers), destinations)


def _grpc_sink(choice: chosen.OtlpGrpc, environ: Mapping[str, str]) -> "Sink":
    from floe.adapters.delivery.credentials import headers_from
    from floe.adapters.otlp.direct_sink import DirectSink
    from floe.adapters.otlp.environment import SignalOptions, read_environment
    from floe.adapters.otlp.grpc_transport import GrpcTransport
    from floe.adapters.otlp.sink import Signal
    from floe.adapters.otlp.tls import Tls

    secret = headers_from(choice.headers_env, environ)() if choice.headers_env else {}
    here = SignalOptions(
        endpoint=choice.endpoint, compress=choice.compress, ca_bundle=choice.ca_bundle
    )
    options = read_environment(environ).signals.get(Signal.TRACES, SignalOptions()).over(here)
    transport = GrpcTransport(
        options.endpoint or choice.endpoint,
        headers={**choice.headers, **options.headers, **secret},
        compress=bool(options.compress),
        tls=Tls(options.ca_bundle, options.client_certificate, options.client_key),
    )
    return DirectSink(transport, destination="telemetry", timeout_s=choice.timeout_s)


def _otlp(plan: RunPlan, settings: Settings, environ: Mapping[str, str], sink: "Sink") -> Tracer:
    from floe.adapters.otlp.environment import read_environment
    from floe.adapters.otlp.exporter import BATCH, Exporter
    from floe.adapters.otlp.resource import floe_version, resource
    from floe.adapters.otlp.sampling import TraceSampler
    from floe.adapters.otlp.tracer import OtlpTracer

    said = read_environment(environ)
    exporter = Exporter(
        sink,
        resource=resource(
            plan.tracing.service_name,
            environment=plan.tracing.attributes.get("deployment.environment"),
            attributes=said.resource_attributes,
        ),
        version=floe_version(),
        batch=said.batch or BATCH,
        delay_s=said.delay_s or 1.0,
        most_waiting=said.most_waiting or 16_384,
        metric_interval_s=said.metric_interval_s or 60.0,
        cumulative=said.cumulative,
        longest_value=said.longest_value,
    )
    rule = said.sampling or plan.tracing.sampling or Sampling()
    return OtlpTracer(
        exporter,
        sampler=TraceSampler(rule, parent_based=said.parent_based),
        metrics=plan.tracing.metrics,
        logs=bool(getattr(settings.tracing, "logs", False)),
    )


def manifest_path(plan: RunPlan) -> Path:
    """Return where dbt writes the manifest of *plan*, or would."""
    project_dir = plan.project_dir or plan.project_root
    return plan.manifest_path or project_dir / "target" / "manifest.json"


def _graph(plan: RunPlan, reader: ManifestReader) -> ProjectGraph:
    """Return the project's graph, read from dbt's manifest when somebody first looks into it.

    Before dbt has written one, the graph is empty.
    """
    project_dir = plan.project_dir or plan.project_root
    manifest, files = manifest_path(plan), project_files()
    compute = plan.pipeline.compute
    return ProjectGraph(
        project_name=files.project_name(project_dir) or plan.pipeline.name,
        adapter_type=compute.target if compute else "",
        project_root=str(project_dir),
        nodes=Deferred(lambda: reader.read(manifest).nodes if files.exists(manifest) else {}),
        exposures=Deferred(
            lambda: reader.read(manifest).exposures if files.exists(manifest) else {}
        ),
    )


def direct_orchestrator(observed: ObservedRunner) -> Orchestrator:
    """Return the orchestrator that is none: dbt is run at once, and Dagster is not imported."""
    from floe.adapters.direct import DirectOrchestrator

    return DirectOrchestrator(observed)


def dagster_orchestrator(services: "Services") -> Orchestrator:
    """Return the orchestrator that runs dbt as a Dagster job in this process."""
    from floe.adapters.dagster.orchestrator import DagsterOrchestrator

    return DagsterOrchestrator(services)


def dagster_asset_factory() -> "type[FloeAssetFactory]":
    """Return the class that makes Dagster definitions."""
    from floe.adapters.dagster.assets import FloeAssetFactory

    return FloeAssetFactory


def dagster_component() -> "type[ProjectComponent]":
    """Return the class that Dagster components of floe derive from."""
    from floe.adapters.dagster.component import ProjectComponent

    return ProjectComponent


def dagster_services(
    container: "Container",
    plan: RunPlan,
    command: DbtCommand,
    context: RunContext,
    *,
    on_finish: Callable[[RunContext, RunSummary], None],
) -> "Services":
    """Return what Dagster's processes need of the rest of floe.

    *on_finish* is called at the end of each step, in the process that ran it.
    """
    from floe.adapters.dagster.services import ColumnSource, Services

    columns, graph = container.columns, container.graph

    def observed(
        command: DbtCommand, context: RunContext, graph: ProjectGraph
    ) -> Generator[DbtEvent, None, None]:
        return container.observed()(command, context, graph)

    def origins(finished: NodeFinished) -> Mapping[str, tuple[ColumnSource, ...]]:
        node = graph().node(finished.unique_id)
        known = columns().work_out(node, finished.compiled_code) if node is not None else None
        if known is None or known.lineage is None:
            return {}
        return {
            column.name: tuple(
                ColumnSource(origin.unique_id, origin.column)
                for origin in column.origins
                if any(way.influence.is_direct for way in origin.transformations)
            )
            for column in known.lineage.columns
        }

    return Services(
        command=command,
        context=context,
        read_graph=graph,
        manifest_path=manifest_path(plan),
        dbt=observed,
        orchestration=plan.pipeline.orchestration,
        classifications=plan.pipeline.governance.classifications,
        links=container.settings().links,
        on_finish=on_finish,
        column_lineage=origins,
    )


def _slot(choice: Value, *own: type[Value]) -> str:
    """Return the kind of *choice* where it is one of floe's *own*, else that of any package."""
    return str(getattr(choice, "kind", "")) if isinstance(choice, own) else "plugin"


class Container(containers.DeclarativeContainer):
    """One project's adapters, each made when it is first asked for."""

    plan = providers.Dependency(instance_of=RunPlan)
    settings = providers.Dependency(instance_of=Settings)
    environ = providers.Dependency(instance_of=dict)
    state_dir = providers.Dependency(instance_of=Path)

    profile_generator: providers.Provider[ProfileGenerator] = providers.Singleton(
        _profile_generator, plan, settings
    )
    profile: providers.Provider[Profile] = providers.Singleton(_profile, plan, profile_generator)
    profile_store: providers.Provider[ProfileStore] = providers.Singleton(_profile_store)
    redactor: providers.Provider[Redactor] = providers.Singleton(_redactor, environ, profile)
    manifest_reader: providers.Provider[ManifestReader] = providers.Singleton(_manifest_reader)
    graph: providers.Provider[ProjectGraph] = providers.Singleton(_graph, plan, manifest_reader)
    memory: providers.Provider[Memory] = providers.Singleton(_memory, state_dir)
    run_archive: providers.Provider[RunArchive] = providers.Singleton(_run_archive, state_dir)
    report_writer: providers.Provider[ReportWriter] = providers.Singleton(_report_writer)

    _dbt = settings.provided.dbt
    dbt: providers.Provider[DbtRunner] = providers.Selector(
        providers.Callable(
            _slot,
            _dbt,
            chosen.InProcessDbt,
            chosen.ChildDbt,
            chosen.SubprocessDbt,
            chosen.WarmDbt,
        ),
        in_process=providers.Singleton(_in_process_dbt),
        child=providers.Singleton(_child_dbt),
        subprocess=providers.Singleton(_subprocess_dbt, _dbt),
        warm=providers.Singleton(_warm_dbt, _dbt, state_dir),
        plugin=providers.Singleton(_plugin, "floe.dbt", _dbt),
    )

    outbox: providers.Provider[Outbox] = providers.Resource(_outbox, state_dir)
    upkeep: providers.Provider[OutboxUpkeep] = providers.Singleton(_upkeep, outbox)

    _lineage = settings.provided.lineage
    lineage_deliverer: providers.Provider[Deliverer] = providers.Selector(
        _lineage.kind,
        console=providers.Singleton(_console_deliverer),
        file=providers.Singleton(_file_deliverer, _lineage, plan),
        http=providers.Singleton(_http_deliverer, _lineage, environ),
        transport=providers.Singleton(_transport_deliverer, _lineage),
    )
    columns: providers.Provider["ColumnLineage"] = providers.Singleton(
        _columns, plan, graph, state_dir
    )
    _openlineage = providers.Singleton(
        _openlineage,
        plan,
        settings,
        outbox=outbox,
        deliverer=lineage_deliverer,
        dataset_names=providers.Singleton(_dataset_names, plan, settings, environ, profile),
        redactor=redactor,
        columns=columns,
    )
    lineage: providers.Provider[LineageEmitter] = providers.Selector(
        providers.Callable(
            _slot,
            _lineage,
            chosen.Off,
            chosen.Console,
            chosen.File,
            chosen.LineageHttp,
            chosen.LineageTransport,
        ),
        noop=providers.Singleton(NoOpLineageEmitter),
        console=_openlineage,
        file=_openlineage,
        http=_openlineage,
        transport=_openlineage,
        plugin=providers.Singleton(_plugin, "floe.lineage", _lineage),
    )

    _tracing = settings.provided.tracing
    _otlp = providers.Singleton(
        _otlp,
        plan,
        settings,
        environ,
        sink=providers.Selector(
            _tracing.kind,
            console=providers.Singleton(_console_sink),
            file=providers.Singleton(_file_sink, _tracing, plan),
            otlp_http=providers.Singleton(_http_sink, _tracing, plan, environ, outbox),
            otlp_grpc=providers.Singleton(_grpc_sink, _tracing, environ),
        ),
    )
    tracer: providers.Provider[Tracer] = providers.Selector(
        providers.Callable(
            _slot,
            _tracing,
            chosen.Off,
            chosen.Console,
            chosen.File,
            chosen.OtlpHttp,
            chosen.OtlpGrpc,
        ),
        noop=providers.Singleton(NoOpTracer),
        console=_otlp,
        file=_otlp,
        otlp_http=_otlp,
        otlp_grpc=_otlp,
        plugin=providers.Singleton(_plugin, "floe.tracing", _tracing),
    )

    sender: providers.Provider[Sender] = providers.Singleton(
        _sender, plan, settings, environ, outbox, lineage_deliverer.provider
    )
    observed: providers.Provider[ObservedRunner] = providers.Singleton(
        ObservedRunner, dbt, lineage, tracer, redactor
    )
