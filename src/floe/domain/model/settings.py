"""How floe itself is to behave: which adapters, with which options.

A backend is chosen by its ``kind``; the kinds named here are floe's own, every other one is looked
up among the installed packages by entry point and gets its ``options`` as they are.
"""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, JsonValue, Tag

from floe.domain.model.value import Value


class Off(Value):
    """The concern is switched off: nothing is recorded and no socket is opened."""

    kind: Literal["noop"] = "noop"


class Console(Value):
    """Everything is printed to standard error, one JSON document a line."""

    kind: Literal["console"] = "console"


class File(Value):
    """Everything is appended to *path*, one JSON document a line; relative to the project."""

    kind: Literal["file"] = "file"
    path: Path


class LineageHttp(Value):
    """Events are sent to an OpenLineage backend.

    *url* is complete, path included. *api_key_env* names the variable with a bearer token.
    *headers* carry no secrets. *timeout_s* bounds one request. *ca_bundle* is a PEM file.
    *batch* allows many events in one request, where the backend takes them. *auth_file* is an
    openlineage.yml, *auth_env* a variable with JSON, that say how to sign in as users of
    openlineage-python do: ``api_key``, ``jwt`` or ``oauth2``.
    """

    kind: Literal["http"] = "http"
    url: str
    api_key_env: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    timeout_s: float = Field(default=5.0, ge=0.1, le=60.0)
    compress: bool = False
    ca_bundle: Path | None = None
    batch: bool = True
    auth_file: Path | None = None
    auth_env: str | None = None


class LineageTransport(Value):
    """Events go through a transport of openlineage-python; *config* is its own configuration."""

    kind: Literal["transport"] = "transport"
    config: dict[str, JsonValue]


class OtlpHttp(Value):
    """Spans, metrics and logs are sent by OTLP over HTTP, as protobuf.

    *endpoint* is the base address: ``/v1/traces`` and so on are appended. *headers* carry no
    secrets; *headers_env* names a variable in the format of ``OTEL_EXPORTER_OTLP_HEADERS``.
    """

    kind: Literal["otlp_http"] = "otlp_http"
    endpoint: str
    headers: dict[str, str] = Field(default_factory=dict)
    headers_env: str | None = None
    timeout_s: float = Field(default=5.0, ge=0.1, le=60.0)
    compress: bool = False
    ca_bundle: Path | None = None
    logs: bool = False


class OtlpGrpc(Value):
    """Spans, metrics and logs are sent by OTLP over gRPC: best effort, losses are counted."""

    kind: Literal["otlp_grpc"] = "otlp_grpc"
    endpoint: str
    headers: dict[str, str] = Field(default_factory=dict)
    headers_env: str | None = None
    timeout_s: float = Field(default=5.0, ge=0.1, le=60.0)
    compress: bool = False
    ca_bundle: Path | None = None
    logs: bool = False


class InProcessDbt(Value):
    """dbt runs in floe's own process, on a thread beside it."""

    kind: Literal["in_process"] = "in_process"


class ChildDbt(Value):
    """dbt runs in a child of floe's process, with the same Python and packages."""

    kind: Literal["child"] = "child"


class SubprocessDbt(Value):
    """dbt runs as the command *executable*, which may live in an environment of its own."""

    kind: Literal["subprocess"] = "subprocess"
    executable: str = "dbt"


class WarmDbt(Value):
    """dbt runs in a child forked from a small server that has it imported already.

    The server ends by itself after *idle_s* seconds without work.
    """

    kind: Literal["warm"] = "warm"
    idle_s: float = Field(default=900.0, ge=1)


class Plugin(Value):
    """A backend from an installed package, found by its entry point's name."""

    kind: str
    options: dict[str, JsonValue] = Field(default_factory=dict)


def _kind(*own: str) -> Discriminator:
    def tag(value: object) -> str:
        kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
        return str(kind) if kind in own else "plugin"

    return Discriminator(tag)


Lineage: TypeAlias = Annotated[
    Annotated[Off, Tag("noop")]
    | Annotated[Console, Tag("console")]
    | Annotated[File, Tag("file")]
    | Annotated[LineageHttp, Tag("http")]
    | Annotated[LineageTransport, Tag("transport")]
    | Annotated[Plugin, Tag("plugin")],
    _kind("noop", "console", "file", "http", "transport"),
]
Tracing: TypeAlias = Annotated[
    Annotated[Off, Tag("noop")]
    | Annotated[Console, Tag("console")]
    | Annotated[File, Tag("file")]
    | Annotated[OtlpHttp, Tag("otlp_http")]
    | Annotated[OtlpGrpc, Tag("otlp_grpc")]
    | Annotated[Plugin, Tag("plugin")],
    _kind("noop", "console", "file", "otlp_http", "otlp_grpc"),
]
Dbt: TypeAlias = Annotated[
    Annotated[InProcessDbt, Tag("in_process")]
    | Annotated[ChildDbt, Tag("child")]
    | Annotated[SubprocessDbt, Tag("subprocess")]
    | Annotated[WarmDbt, Tag("warm")]
    | Annotated[Plugin, Tag("plugin")],
    _kind("in_process", "child", "subprocess", "warm"),
]


class Links(Value):
    """Templates of addresses that lead from an asset to its backends, http or https only.

    ``{trace_id}``, ``{span_id}``, ``{run_id}``, ``{job_namespace}`` and ``{job_name}`` are
    replaced, quoted for URLs.
    """

    trace: str | None = None
    lineage: str | None = None


class Deferral(Value):
    """The state of another environment, which runs compare with and defer to.

    *state_path* holds its artifacts, its ``manifest.json`` above all; relative to the project.
    With *enabled*, what a run reads and does not build is read from there; with *favor_state* also
    where this environment has a relation of its own.
    """

    state_path: Path
    enabled: bool = True
    favor_state: bool = False


class Retention(Value):
    """How many days the outbox keeps what cannot be delivered; None is for ever.

    Whatever it says, the room of the outbox is bounded.
    """

    waiting_days: float | None = Field(default=30.0, ge=0)
    refused_days: float | None = Field(default=30.0, ge=0)


class Settings(Value):
    """Every choice that floe leaves open, with its default.

    *state_dir* holds the outbox and the run archive. *lineage_required* makes a run fail when an
    event cannot be kept. *flush_timeout_s* bounds the wait for backends at the end of a run.
    *trace_queries* makes a span of every statement that dbt sends. *log_format* is how floe's own
    log lines look on standard error: as text, or as JSON with the ids of trace, span and lineage
    run, from *log_level* on, in which the story of the run is told.
    *secret_template* names the variables of a target: ``{target}``, ``{ref}`` and ``{field}``
    are replaced, in upper case. *dataset_namespace* overrides the name of the warehouse.
    *capture_sql* says whether compiled SQL leaves with the lineage, *warehouse_types* whether the
    warehouse is asked for the columns of what dbt has made. *defer* names the state of another
    environment.
    """

    lineage: Lineage = Field(default_factory=Off)
    lineage_required: bool = False
    tracing: Tracing = Field(default_factory=Off)
    dbt: Dbt = Field(default_factory=ChildDbt)
    orchestrator: Literal["dagster", "direct"] = "dagster"
    state_dir: Path = Path(".floe/state")
    flush_timeout_s: float = Field(default=1.5, ge=0, le=60)
    trace_queries: bool = False
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    secret_template: str | None = None
    dataset_namespace: str | None = None
    capture_sql: bool = True
    warehouse_types: bool = True
    retention: Retention = Field(default_factory=Retention)
    links: Links = Field(default_factory=Links)
    defer: Deferral | None = None
