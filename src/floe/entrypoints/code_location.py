"""A project under Dagster: what a code location offers, and what happens around its steps."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from floe.container import Container, dagster_asset_factory, dagster_services
from floe.domain.model.run import DbtCommand, RunContext, RunSummary
from floe.domain.model.settings import Off, Settings
from floe.domain.use_cases.run_pipeline import settle_both, tell_run

if TYPE_CHECKING:
    from dagster import Definitions

    from floe.adapters.dagster.services import Services


class CodeLocation:
    """What Dagster loads of a project, and keeps for as long as its process lives.

    Args:
        container: That of the project.
        settings: Those of the project.
        parsed: Has the project parsed and returns dbt's command for all of it.
        start: Returns the identity of a new run.
        tidy: Is called as a step begins.
    """

    def __init__(
        self,
        container: Container,
        settings: Settings,
        *,
        parsed: Callable[[], DbtCommand],
        start: Callable[[], RunContext],
        tidy: Callable[[], None],
    ) -> None:
        self._container = container
        self._settings = settings
        self._parsed = parsed
        self._start = start
        self._tidy = tidy

    def services(self) -> "Services":
        """Return what Dagster needs of floe, dbt's profiles written and its manifest fresh.

        Raises:
            ConfigurationError: The project or its contract is wrong.
            EnvironmentNotReadyError: dbt is not installed and there is no fresh manifest.
        """
        command, settings = self._parsed(), self._settings
        is_told = not isinstance(settings.tracing, Off) or settings.log_format == "json"
        return dagster_services(
            self._container,
            command,
            self._start(),
            on_start=self._tidy,
            on_finish=self._end_step,
            on_run_end=self._end_run if is_told else None,
        )

    def definitions(self, **options: Any) -> "Definitions":  # noqa: ANN401 - passed on
        """Return the assets and jobs; *options* are the factory's, which makes them.

        Raises:
            ConfigurationError: The project or its contract is wrong.
            EnvironmentNotReadyError: dbt is not installed and there is no fresh manifest.
        """
        return dagster_asset_factory()().create_definitions(self.services(), **options)

    def _end_run(self, context: RunContext, summary: RunSummary) -> None:
        """Give the tracer the whole run."""
        container = self._container
        tell_run(container.tracer(), context, summary, container.observed().account)

    def _end_step(self, _context: RunContext, _summary: RunSummary) -> None:
        """Give the backends some time; the next step gets new ones.

        The process may end with the step, and nothing that it says later would leave it.
        """
        container = self._container
        settle_both(container.tracer(), container.lineage(), self._settings.flush_timeout_s)
        container.reset_singletons()
