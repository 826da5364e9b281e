"""What dbt says while it runs, as values: times are aware UTC, whatever dbt wrote.

A runner yields these in dbt's own order. *raw* is dbt's event as it came (``info`` and ``data``,
dbt structured logging), for readers who know dbt better than floe does; it takes no part in
equality or in what floe itself decides.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeAlias

from pydantic import Field

from floe.domain.model.value import UtcDatetime, Value

Raw: TypeAlias = Mapping[str, Any]


class NodeStatus(StrEnum):
    """How dbt says a node ended (dbt 1.10 and 1.11)."""

    SUCCESS = "success"
    ERROR = "error"
    FAIL = "fail"
    WARN = "warn"
    PASS = "pass"  # noqa: S105 - a test that passed
    SKIPPED = "skipped"
    PARTIAL_SUCCESS = "partial success"
    NO_OP = "no-op"
    RUNTIME_ERROR = "runtime error"

    @property
    def is_failure(self) -> bool:
        """Whether dbt's exit code would be 1 for this node alone."""
        return self in {self.ERROR, self.FAIL, self.PARTIAL_SUCCESS, self.RUNTIME_ERROR}


class InvocationStarted(Value):
    """dbt has started; nothing has run yet. *verb* is the command, such as ``build``."""

    at: UtcDatetime
    invocation_id: str
    dbt_version: str = ""
    verb: str = ""
    raw: Raw | None = Field(default=None, repr=False)


class NodeStarted(Value):
    """dbt began to work on a node, on one of its threads."""

    at: UtcDatetime
    unique_id: str
    resource_type: str
    name: str = ""
    raw: Raw | None = Field(default=None, repr=False)


class Query(Value):
    """A statement that dbt sent to the warehouse for a node; *failed* where it had no good end."""

    started_at: UtcDatetime
    finished_at: UtcDatetime
    text: str = Field(repr=False)
    failed: bool = False


class NodeFinished(Value):
    """dbt is done with a node: executed, failed, or skipped without being started.

    *rows_affected* is what the adapter reported and None where it does not say. *failures* counts
    the failing rows of a test. *adapter_response* is the adapter's own, query id included.
    *compiled_code* is the SQL that dbt compiled, where it is known. With *columns_follow* a
    ``RelationDescribed`` may come later.
    """

    at: UtcDatetime
    unique_id: str
    resource_type: str
    name: str = ""
    status: NodeStatus
    started_at: UtcDatetime
    execution_time_s: float = Field(default=0.0, ge=0)
    message: str | None = None
    rows_affected: int | None = Field(default=None, ge=0)
    failures: int | None = Field(default=None, ge=0)
    relation_name: str | None = None
    materialization: str | None = None
    adapter_response: Mapping[str, Any] = Field(default_factory=dict)
    compiled_code: str | None = Field(default=None, repr=False)
    thread: str | None = None
    queries: tuple[Query, ...] = Field(default=(), repr=False)
    columns_follow: bool = False
    raw: Raw | None = Field(default=None, repr=False)


class RelationDescribed(Value):
    """The warehouse said what is in the relation of a node, after dbt had made it.

    *columns* maps column name → data type in the relation's order, as the warehouse has them.
    """

    at: UtcDatetime
    unique_id: str
    columns: Mapping[str, str]
    raw: Raw | None = Field(default=None, repr=False)


class LogEmitted(Value):
    """dbt said something that is about no node in particular, or is not the end of one."""

    at: UtcDatetime
    level: str
    text: str
    unique_id: str | None = None
    raw: Raw | None = Field(default=None, repr=False)


class InvocationFinished(Value):
    """dbt is gone: *exit_code* is dbt's own (0 well, 1 a node failed, 2 could not run).

    *interrupted* when dbt was told to stop. *message* is dbt's own text when it could not run.
    """

    at: UtcDatetime
    exit_code: int
    interrupted: bool = False
    message: str | None = None
    raw: Raw | None = Field(default=None, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether every selected node did what it should."""
        return self.exit_code == 0 and not self.interrupted


DbtEvent: TypeAlias = (
    InvocationStarted
    | NodeStarted
    | NodeFinished
    | RelationDescribed
    | LogEmitted
    | InvocationFinished
)
