"""The Orchestrator port by Dagster: a run in this process, on an instance of its own or a given."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from dagster import (
    AssetsDefinition,
    DagsterExecutionInterruptedError,
    DagsterInstance,
    Definitions,
    JobDefinition,
    OpExecutionContext,
    define_asset_job,
    job,
    op,
)

from floe.adapters.dagster.assets import (
    dbt_assets_definition,
    default_name,
    specs_of,
    translator_for,
)
from floe.adapters.dagster.invocation import DbtRunConfig, command_of, dbt_events, run_context_of
from floe.adapters.dagster.live_streams import close_all
from floe.adapters.dagster.selection import DbtSelection
from floe.adapters.dagster.services import Services
from floe.domain.model.errors import DbtRunError
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand, RunContext, RunSummary

_JOB = "floe"


class DagsterOrchestrator:
    """Run dbt as a Dagster job in this process.

    Args:
        services: The project; the command, the context, the graph and the listener of each run
            take the place of its own.
        instance: Where the run is recorded; an ephemeral instance by default.
    """

    def __init__(self, services: Services, instance: DagsterInstance | None = None) -> None:
        self._services = services
        self._instance = instance

    def run(
        self,
        command: DbtCommand,
        context: RunContext,
        graph: ProjectGraph,
        on_event: Callable[[DbtEvent], None],
    ) -> RunSummary:
        """Run *command* as one step and return what came of it."""
        told: list[RunSummary] = []
        failures: list[Exception] = []

        def finished(run: RunContext, summary: RunSummary) -> None:
            self._services.on_finish(run, summary)
            told.append(summary)

        def heard(event: DbtEvent) -> None:
            try:
                on_event(event)
            except Exception as error:
                failures.append(error)
                raise

        services = replace(
            self._services,
            command=command,
            context=context,
            read_graph=lambda: graph,
            on_event=heard,
            on_finish=finished,
            on_error=failures.append,
            scratch_targets=False,
            echoes=False,
        )
        self._execute(services)
        if failures:
            raise failures[0]
        if not told:
            raise DbtRunError("Dagster ended the run before dbt was started")
        summary = told[-1].model_copy(update={"started_at": context.started_at})
        return summary.require_nodes(command, graph)

    def _execute(self, services: Services) -> None:
        with quiet(), _instance(self._instance) as instance:
            try:
                _job(services).execute_in_process(
                    instance=instance,
                    run_id=services.context.run_id,
                    raise_on_error=False,
                    run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                )
            except (KeyboardInterrupt, DagsterExecutionInterruptedError):
                """The summary says that the run was interrupted."""
            finally:
                close_all()


def _job(services: Services) -> JobDefinition:
    """Return a job of one step that may build any asset of the project.

    dbt evaluates the command's selection, and what it does not run is not materialized: so any
    selection of dbt's works, and none is evaluated twice.
    """
    translator = translator_for(services, None)
    specs = specs_of(services, translator, DbtSelection())
    if not specs.assets and not specs.checks:
        return _job_without_assets(services)
    assets = dbt_assets_definition(
        services, translator, specs, DbtSelection(), name=default_name(services)
    )
    return _job_of(assets)


def _job_of(assets: AssetsDefinition) -> JobDefinition:
    definitions = Definitions(assets=[assets], jobs=[define_asset_job(_JOB)])
    return definitions.resolve_job_def(_JOB)


def _job_without_assets(services: Services) -> JobDefinition:
    """Return a job for a project of nothing but operations."""

    @op(name=default_name(services))
    def dbt(context: OpExecutionContext) -> None:
        run = run_context_of(services, context, attempt=1)
        command = command_of(services, DbtSelection(), DbtRunConfig(), None, None)
        for _event in dbt_events(services, command, run):
            """Every listener was told."""

    @job(name=_JOB)
    def floe() -> None:
        dbt()

    return floe


@contextmanager
def _instance(given: DagsterInstance | None) -> Iterator[DagsterInstance]:
    if given is not None:
        yield given
        return
    settings: dict[str, Any] = {"telemetry": {"enabled": False}}
    with DagsterInstance.ephemeral(settings=settings) as instance:
        yield instance


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Dagster from writing to the terminal and from calling home."""
    logger = logging.getLogger("dagster")
    level, telemetry = logger.level, os.environ.get("DAGSTER_DISABLE_TELEMETRY")
    logger.setLevel(logging.CRITICAL)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    try:
        yield
    finally:
        logger.setLevel(level)
        if telemetry is None:
            del os.environ["DAGSTER_DISABLE_TELEMETRY"]
        else:
            os.environ["DAGSTER_DISABLE_TELEMETRY"] = telemetry
