"""One run: what is asked of dbt, in which context, and what came of it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Self
from uuid import UUID

from pydantic import Field, field_validator

from floe.domain.model import identity
from floe.domain.model.errors import NothingSelectedError, Problem
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import NodeFinished
from floe.domain.model.tracing import TraceParent
from floe.domain.model.value import UtcDatetime, Value

_SELECTED = re.compile(r"([+@]|[0-9]+\+)?(\w+)(\+[0-9]*)?")
"""A node by its name, with dbt's operators for what stands before and behind it."""


class DbtVerb(StrEnum):
    """The dbt commands that floe knows how to observe."""

    BUILD = "build"
    RUN = "run"
    TEST = "test"
    SEED = "seed"
    SNAPSHOT = "snapshot"
    PARSE = "parse"
    COMPILE = "compile"
    RETRY = "retry"
    SOURCE_FRESHNESS = "source freshness"
    DEBUG = "debug"


class DbtCommand(Value):
    """One invocation of dbt; every directory is absolute.

    *select*, *exclude* and *selector* are dbt's own syntax. *state_path* holds the artifacts of an
    earlier run or of another environment: what ``state:`` compares with, and what is not selected
    is read from with *defer*. *environment* is added to the environment of this invocation only.
    *adapter* is the type of the target where it is known, so that its package can be loaded early.
    *arguments* go to dbt as they are. *describe* asks for the columns of every relation that dbt
    makes, where the runner has a way to read them; *queries* for every statement that it sends.
    """

    verb: DbtVerb = DbtVerb.BUILD
    project_dir: Path
    profiles_dir: Path
    profile: str
    target: str
    target_path: Path | None = None
    threads: int | None = None
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selector: str | None = None
    full_refresh: bool = False
    state_path: Path | None = None
    defer: bool = False
    favor_state: bool = False
    variables: Mapping[str, object] = Field(default_factory=dict)
    environment: Mapping[str, str] = Field(default_factory=dict)
    adapter: str = ""
    arguments: tuple[str, ...] = ()
    describe: bool = False
    queries: bool = False

    @field_validator("project_dir", "profiles_dir", "target_path", "state_path")
    @classmethod
    def _path_is_absolute(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_absolute():
            msg = "must be absolute: dbt keeps relative directories in its parse cache"
            raise ValueError(msg)
        return path


class RunRequest(Value):
    """What a person asks of one run; None leaves the choice to the settings.

    *state_path* is absolute: the artifacts to compare with, to defer to, or of the run to retry.
    """

    verb: DbtVerb = DbtVerb.BUILD
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selector: str | None = None
    full_refresh: bool = False
    variables: Mapping[str, object] = Field(default_factory=dict)
    state_path: Path | None = None
    defer: bool | None = None
    favor_state: bool | None = None


class LastRun(Value):
    """What dbt left of a run: its *variables*, and how many nodes it has results of."""

    variables: Mapping[str, object] = Field(default_factory=dict)
    nodes: int


class RunReference(Value):
    """A run that somebody else reports, by its official OpenLineage name."""

    run_id: str
    job_namespace: str
    job_name: str

    @field_validator("run_id")
    @classmethod
    def _run_id_is_a_uuid(cls, run_id: str) -> str:
        return str(UUID(run_id))


class RunContext(Value):
    """Who runs what, where, and under which run; the same for every event of an invocation.

    *invocation* tells apart the invocations of one run: step key and attempt under Dagster.
    *parent* and *root* are runs that others report: the Dagster run, or what the environment says.
    *attributes* are the tenant context: they stand on every span.
    """

    run_id: str
    pipeline: str
    invocation: str = "1"
    started_at: UtcDatetime
    target: str = ""
    target_name: str = ""
    orchestrator: str = "direct"
    namespace: str = "floe"
    parent: RunReference | None = None
    root: RunReference | None = None
    trace_parent: TraceParent | None = None
    attributes: Mapping[str, str] = Field(default_factory=dict)
    orchestrator_attributes: Mapping[str, str] = Field(default_factory=dict)
    nominal_start: UtcDatetime | None = None
    nominal_end: UtcDatetime | None = None

    @field_validator("run_id")
    @classmethod
    def _run_id_is_a_uuid(cls, run_id: str) -> str:
        return str(UUID(run_id))

    @property
    def trace_id(self) -> str:
        """The trace that this run belongs to: the incoming one, else one derived from the run."""
        return self.trace_parent.trace_id if self.trace_parent else identity.trace_id(self.run_id)

    @property
    def run_span_id(self) -> str:
        """The span of the whole run."""
        return identity.span_id(self.trace_id, f"run/{self.run_id}")

    @property
    def invocation_run_id(self) -> str:
        """The lineage run of this dbt invocation."""
        return identity.invocation_run_id(self.run_id, self.invocation)

    @property
    def invocation_span_id(self) -> str:
        """The span of this dbt invocation."""
        return identity.span_id(self.trace_id, f"invocation/{self.invocation_run_id}")

    def node_run_id(self, unique_id: str) -> str:
        """Return the lineage run of the node *unique_id* in this invocation."""
        return identity.node_run_id(self.invocation_run_id, unique_id)

    def node_span_id(self, unique_id: str) -> str:
        """Return the span of the node *unique_id* in this invocation."""
        return identity.node_span_id(self.trace_id, self.invocation_span_id, unique_id)

    def of_invocation(self, invocation: str) -> Self:
        """Return this context for another dbt invocation of the same run."""
        return self.model_copy(update={"invocation": invocation})


class RunSummary(Value):
    """What came of a run: every node that ended, in dbt's order, and how dbt itself ended."""

    run_id: str
    pipeline: str
    started_at: UtcDatetime
    finished_at: UtcDatetime
    exit_code: int
    interrupted: bool = False
    message: str | None = None
    nodes: tuple[NodeFinished, ...] = ()

    @property
    def elapsed_s(self) -> float:
        """Wall time of the run in seconds."""
        return (self.finished_at - self.started_at).total_seconds()

    def require_nodes(self, command: DbtCommand, graph: ProjectGraph) -> Self:
        """Return this account of *command*, of which something is to have come.

        A retry is well with nothing to do: nothing had failed. The names in *graph* tell what
        was meant.

        Raises:
            NothingSelectedError: The selection matches no node.
        """
        if self.exit_code == 0 and not self.nodes and command.verb is not DbtVerb.RETRY:
            selection = " ".join(command.select) or command.selector or "everything"
            what = f"the selection {selection!r} matches nothing"
            meant = " ".join(_meant(command.select, graph))
            fix = f"did you mean {meant}?" if meant else "see `dbt ls --select`"
            raise NothingSelectedError(Problem(what, fix=fix))
        return self

    @property
    def failed(self) -> tuple[NodeFinished, ...]:
        """The nodes that made the run fail."""
        return tuple(node for node in self.nodes if node.status.is_failure)


def _meant(select: Iterable[str], graph: ProjectGraph) -> Iterator[str]:
    """Yield the words of *select*, each with the nearest name of a node in the place of its own."""
    names = {node.name for node in graph.nodes.values()}
    for word in " ".join(select).split():
        parts = _SELECTED.fullmatch(word)
        near = get_close_matches(parts[2], names, n=1) if parts else []
        if parts and near:
            yield f"{parts[1] or ''}{near[0]}{parts[3] or ''}"
