"""A project, opened: what the command line, a Dagster code location and an embedding host share."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from floe.container import (
    Container,
    changed_source,
    client_settings,
    dagster_orchestrator,
    dagster_services,
    direct_orchestrator,
    discover,
    document_reader,
    document_writer,
    project_files,
    project_settings,
    telemetry_warnings,
)
from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.errors import ArtifactError, ConfigurationError, Problem
from floe.domain.model.node_event import DbtEvent, InvocationFinished
from floe.domain.model.parent_context import parent_context
from floe.domain.model.plan import PlanOptions, RunPlan
from floe.domain.model.run import DbtCommand, RunContext, RunRequest
from floe.domain.model.settings import Settings
from floe.domain.model.value import utc_now
from floe.domain.use_cases import plan as planning
from floe.domain.use_cases.check_environment import require_variables
from floe.domain.use_cases.compile import compile_pipeline
from floe.domain.use_cases.locate_database import locate_database
from floe.domain.use_cases.prepare_command import prepare_command
from floe.domain.use_cases.prepare_manifest import PreparedManifest, prepare_manifest
from floe.domain.use_cases.resolve_settings import (
    Layer,
    ResolvedSettings,
    environment_layer,
    mistyped_variables,
    resolve_settings,
)
from floe.domain.use_cases.run_pipeline import RunOutcome, run_pipeline, settle
from floe.domain.use_cases.settings_layers import contract_layer, governance_layer, standard_layer
from floe.domain.use_cases.start_run import start_run
from floe.domain.use_cases.write_report import write_report
from floe.entrypoints.code_location import CodeLocation
from floe.entrypoints.housekeeping import Housekeeping
from floe.ports.design_emitter import DesignEmitter
from floe.ports.orchestrator import Orchestrator

if TYPE_CHECKING:
    from dagster import Definitions

    from floe.adapters.dagster.services import Services


def open_project(
    artifacts: Path | str | None = None,
    *,
    options: PlanOptions | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    working_dir: Path | None = None,
    source_only: bool = False,
) -> "Project":
    """Read the contract at *artifacts*, or the one found upward, and return the project.

    Nothing is written and nothing is connected to. *overrides* are settings that win over every
    other layer. *environ* and *working_dir* are the process's own unless given. *source_only*
    looks for a floe.yaml and passes over what was compiled from it.

    Raises:
        ConfigurationError: The contract, the options or the settings are wrong.
    """
    variables = os.environ if environ is None else environ
    here = working_dir or Path.cwd()
    path = (here / artifacts).resolve() if artifacts else discover(here, source_only=source_only)
    pipeline = document_reader(variables).read(path)
    plan = locate_database(
        planning.plan(
            pipeline,
            options or PlanOptions(),
            project_files=project_files(),
            environ=variables,
            working_dir=here,
        )
    )
    resolved = resolve_settings(
        [
            contract_layer(plan, variables),
            Layer("floe.settings.yaml", project_settings(plan.project_root)),
            standard_layer(plan, variables),
            Layer("OpenLineage's configuration", client_settings(variables)),
            environment_layer(variables),
            Layer("command line", overrides or {}),
            governance_layer(plan),
        ]
    )
    return Project(plan, resolved, variables)


class Project:
    """One pipeline on one machine; a context manager that lets go of everything at the end."""

    def __init__(
        self, plan: RunPlan, resolved: ResolvedSettings, environ: Mapping[str, str]
    ) -> None:
        self.plan = plan
        self.settings: Settings = resolved.settings
        self.origins = resolved.origins
        self.environ = environ
        self.container = Container(
            plan=plan, settings=resolved.settings, environ=dict(environ), state_dir=self.state_dir
        )
        self.housekeeping = Housekeeping(self.container, self.settings)
        self._location = CodeLocation(
            self.container,
            self.settings,
            parsed=self.parsed,
            start=self.start,
            tidy=self.housekeeping.tidy,
        )
        above = parent_context(environ)
        self._parent, self._root = above.parent, above.root
        self.warnings = (
            *_warnings(plan, above.warning),
            *mistyped_variables(environ),
            *telemetry_warnings(self.settings.tracing, environ),
        )

    def __enter__(self) -> Self:
        """Return the project itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        frames: TracebackType | None,
    ) -> None:
        """Let go of runners, connections and files."""
        self.close()

    def close(self) -> None:
        """Let go of runners, connections and files; a second call does nothing."""
        self.container.dbt().close()
        self.container.shutdown_resources()

    @property
    def profiles_file(self) -> Path:
        """Where dbt's profiles.yml is written."""
        return self.plan.profiles_dir / "profiles.yml"

    def write_profiles(self) -> Path:
        """Write dbt's profiles.yml and return its path.

        Raises:
            ProfileError: A property is missing or wrong, or a credential is in plain text.
            ProfileWriteError: The directory does not take the file.
        """
        profile = self.container.profile()
        return self.container.profile_store().write(profile, self.plan.profiles_dir)

    def command(self, request: RunRequest | None = None) -> DbtCommand:
        """Return the dbt command for this project that does what *request* asks.

        Raises:
            ConfigurationError: There is no dbt project where the contract says, no earlier run
                to retry, or no state where one is asked for.
        """
        return prepare_command(
            request or RunRequest(),
            plan=self.plan,
            defer=self.settings.defer,
            environ=self.environ,
            files=project_files(),
        )

    @property
    def state_dir(self) -> Path:
        """Where the outbox, the run archive and other state of the project are kept."""
        return self.plan.project_root / self.settings.state_dir

    def start(self, run_id: str | None = None) -> RunContext:
        """Return the identity of a run that starts now, under whatever the environment names."""
        return start_run(
            self.plan,
            orchestrator=self.settings.orchestrator,
            environ=self.environ,
            run_id=run_id,
            parent=self._parent,
            root=self._root,
        )

    def require_environment(self) -> None:
        """Make sure that every variable that the target needs is set.

        Raises:
            EnvironmentNotReadyError: Some are not; every one is named, never a value.
        """
        require_variables(
            self.container.profile(), self.plan.profile.target_name, environ=self.environ
        )

    def prepare(self, command: DbtCommand) -> PreparedManifest:
        """Have dbt's manifest ready, parsed again where the project changed since the last time."""
        return prepare_manifest(
            command,
            self.plan.manifest_path,
            runner=self.container.dbt(),
            reader=self.container.manifest_reader(),
            files=project_files(),
            memory=self.container.memory(),
            profile=self.container.profile(),
            environ=self.environ,
        )

    def parsed(self) -> DbtCommand:
        """Return dbt's command for the whole project, its profiles written and manifest fresh.

        Raises:
            ConfigurationError: The project or its contract is wrong.
            EnvironmentNotReadyError: dbt is not installed and there is no fresh manifest.
        """
        self.write_profiles()
        command = self.command()
        prepared = self.prepare(command)
        if prepared.graph is None:
            raise ArtifactError(
                Problem(_message(prepared.events), str(command.project_dir), "run `dbt parse`")
            )
        return command

    def run(
        self,
        command: DbtCommand,
        *,
        context: RunContext | None = None,
        on_event: Callable[[DbtEvent], None] = lambda _event: None,
    ) -> RunOutcome:
        """Run *command* through the orchestrator of the settings and return the true account.

        *on_event* hears each event as it happens, secrets masked. The run is archived.

        Raises:
            ConfigurationError: The project or its properties are wrong.
            EnvironmentNotReadyError: A variable is not set, or something is not installed.
            NothingSelectedError: The selection matches no node.
            DbtRunError: dbt died without an account of itself.
        """
        self.require_environment()
        self.container.dbt().get_ready(command)
        self.write_profiles()
        self.housekeeping.tidy()
        identity = context or self.start()
        outcome = run_pipeline(
            command,
            context=identity,
            graph=self.container.graph(),
            orchestrator=self._orchestrator(command, identity),
            lineage=self.container.lineage(),
            tracer=self.container.tracer(),
            account=self.container.observed().account,
            on_event=on_event,
            flush_timeout_s=self.settings.flush_timeout_s,
        )
        self.archive(identity, outcome)
        return outcome

    def compile(self) -> Path:
        """Compile floe.yaml into the contract document, and return that one's path.

        Raises:
            ArtifactError: The contract is no floe.yaml, or cannot be compiled.
        """
        as_written = document_reader(self.environ).read(self.plan.pipeline.source)
        return compile_pipeline(as_written, writer=document_writer(), now=utc_now())

    def publish_design(self) -> int:
        """Tell the lineage backend the whole graph before anything runs; return how many events.

        Raises:
            ConfigurationError: The project cannot be parsed, or the lineage backend of the
                settings takes no design.
            LineageError: An event could not be kept.
        """
        emitter = self.container.lineage()
        if not isinstance(emitter, DesignEmitter):
            fix = "choose file, console, http or transport as the kind of lineage"
            raise ConfigurationError(Problem("this lineage backend takes no design", fix=fix))
        self.parsed()
        count = emitter.emit_design(self.container.graph())
        settle(emitter, self.settings.flush_timeout_s)
        return count

    def write_report(self, *, run_id: str | None = None, path: Path | None = None) -> Path:
        """Write the page about the run *run_id*, or the latest, and return its path.

        Raises:
            ConfigurationError: There is no such run.
            EnvironmentNotReadyError: The page cannot be written there.
        """
        container = self.container
        return write_report(
            run_id,
            path or self.state_dir.parent / "report.html",
            archive=container.run_archive(),
            state_dir=self.state_dir,
            graph=container.graph(),
            columns_of=lambda node: container.columns().work_out(node),
            writer=container.report_writer(),
        )

    def archive(self, context: RunContext, outcome: RunOutcome) -> None:
        """Keep what is worth keeping of a run for reports and for the times to expect."""
        run = ArchivedRun.of(
            outcome.summary,
            context=context,
            graph=self.container.graph(),
            reports=outcome.reports,
        )
        self.container.run_archive().keep(run)

    def dagster_services(self) -> "Services":
        """Return what Dagster needs of floe, its profiles written and dbt's manifest fresh.

        dbt parses the project first where it changed since the last time.

        Raises:
            ConfigurationError: The project or its contract is wrong.
            EnvironmentNotReadyError: dbt is not installed and there is no fresh manifest.
        """
        return self._location.services()

    def definitions(self, **options: Any) -> "Definitions":  # noqa: ANN401 - passed on
        """Return what a Dagster code location offers for this project.

        *options* are those of ``FloeAssetFactory.create_definitions``.

        Raises:
            ConfigurationError: The project or its contract is wrong.
            EnvironmentNotReadyError: dbt is not installed and there is no fresh manifest.
        """
        return self._location.definitions(**options)

    def _orchestrator(self, command: DbtCommand, context: RunContext) -> Orchestrator:
        if self.settings.orchestrator == "direct":
            return direct_orchestrator(self.container.observed())
        prepared = self.prepare(command)
        if prepared.graph is None:
            # dbt's own words on why the project cannot be parsed, told by dbt itself.
            return direct_orchestrator(self.container.observed())
        self.container.dbt().get_ready(command)  # again, if it was needed to parse
        services = dagster_services(
            self.container,
            command,
            context,
            on_start=lambda: None,
            on_finish=lambda _run, _summary: None,
        )
        return dagster_orchestrator(services)


def _warnings(plan: RunPlan, malformed: str | None) -> Iterator[str]:
    yield from plan.warnings
    if malformed:
        yield malformed
    changed = changed_source(plan.pipeline)
    if changed is not None:
        yield f"{changed} changed since it was compiled: run `floe compile`"


def _message(events: tuple[DbtEvent, ...]) -> str:
    said = [event.message for event in events if isinstance(event, InvocationFinished)]
    return next((message for message in said if message), "dbt cannot parse the project")
