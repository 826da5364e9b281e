"""What Dagster's processes need of the rest of floe; each process makes its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from floe.adapters.dagster.manifest import Manifest, read_manifest
from floe.domain.model.errors import FloeError
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.node_event import DbtEvent, NodeFinished
from floe.domain.model.pipeline import Orchestration
from floe.domain.model.plan import RunPlan
from floe.domain.model.run import DbtCommand, RunContext, RunSummary
from floe.domain.model.settings import Links
from floe.ports.observed_dbt import ObservedDbt

Columns: TypeAlias = Callable[[NodeFinished], NodeColumns | None]
"""What is known of the columns of a node that has just been built."""


def _do_nothing() -> None:
    """Nothing is to be prepared."""


def _ignore_event(_event: DbtEvent) -> None:
    """Nobody listens."""


def _ignore_summary(_context: RunContext, _summary: RunSummary) -> None:
    """Nobody listens."""


def _ignore_error(_error: FloeError) -> None:
    """Nobody listens."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """One project, ready to run.

    Attributes:
        command: How dbt is called, without a selection: directories, profile and target.
        context: Who runs what; the run id, the invocation and the times are replaced.
        read_graph: Gives the project as lineage knows it; asked when a run starts, so that
            definitions load without it.
        manifest_path: The file that definitions are made of.
        read_manifest: Reads it, as ``tidy_manifest`` leaves it.
        dbt: dbt under observation.
        orchestration: The contract's jobs, schedules and sensors.
        classifications: Model name → classified columns, from the contract.
        links: Templates of addresses for assets and materializations.
        on_start: Called before each dbt invocation.
        on_event: Called with each event as it happens.
        on_finish: Called once for each dbt invocation, with how it ended.
        on_run_end: Called before that with the account of the run as a whole, once: by the step
            whose dbt is the last of the run to end. Without it nobody looks for that step.
        on_error: Called when dbt could not be run at all.
        columns: What is known of the columns of a finished node.
        scratch_targets: Give each run a dbt target directory of its own and remove it after;
            otherwise the project's own is written, as by dbt on the command line.
        echoes: Write dbt's own lines to standard output, where Dagster keeps them as the log of
            the step.
    """

    command: DbtCommand
    context: RunContext
    read_graph: Callable[[], ProjectGraph]
    manifest_path: Path
    dbt: ObservedDbt
    read_manifest: Callable[[Path], Manifest] = read_manifest
    orchestration: Orchestration | None = None
    classifications: Mapping[str, Sequence[ColumnClassification]] = field(default_factory=dict)
    links: Links = field(default_factory=Links)
    on_start: Callable[[], None] = _do_nothing
    on_event: Callable[[DbtEvent], None] = _ignore_event
    on_finish: Callable[[RunContext, RunSummary], None] = _ignore_summary
    on_run_end: Callable[[RunContext, RunSummary], None] | None = None
    on_error: Callable[[FloeError], None] = _ignore_error
    columns: Columns | None = None
    scratch_targets: bool = True
    echoes: bool = True

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest as dagster-dbt takes it.

        Raises:
            ArtifactError: There is none, or it is not one.
        """
        return self.read_manifest(self.manifest_path)


Project: TypeAlias = Services | RunPlan | Path | str
"""A project: ready to run, planned, or by the path of its contract document."""
ServicesLoader: TypeAlias = Callable[[RunPlan | Path | str], Services]
"""Makes a project ready to run; the container provides it."""
