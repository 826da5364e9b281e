"""dbt's programmatic runner, told to be silent and to report its events as dicts.

This module is loaded into processes that belong to dbt: it imports little else of floe, and dbt
only when asked to run it.
"""

import gc
import json
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from floe.adapters.dbt.describer import THREAD, Columns, Describer
from floe.adapters.dbt.duckdb_rows import report_rows
from floe.adapters.dbt.snapshot_sql import NodeData, tells_a_snapshot

DEBUG_EVENTS = frozenset({"NodeFinished", "CommandCompleted"})
"""The only events of level debug that say something to the mapping."""

QUERY_EVENTS = frozenset({"SQLQuery", "SQLQueryStatus"})
"""The beginning and the good end of a statement: of level debug, for those who ask for them."""

SILENT = ("--log-level=none", "--no-quiet", "--no-use-colors", "--no-use-colors-file")
"""dbt prints nothing; ``--quiet`` would silence the events as well.

Nor does it write ``dbt.log``, unless the command asks for it with ``--log-level-file``.
"""

COLUMNS_FOLLOW = "floe_columns_follow"
"""A member of the data of ``NodeFinished``: the columns of its relation are told later."""
_MANIFEST_IS_LOADED = "FoundStats"
_RELAXED_GC = (50_000, 20, 50)

Report: TypeAlias = Callable[[dict[str, Any]], None]


class _Info(Protocol):
    level: str
    name: str
    thread: str


class Message(Protocol):
    """dbt's event, a protobuf message (``EventMsg``)."""

    info: _Info
    data: NodeData


def invoke(
    words: Sequence[str],
    report: Report,
    *,
    own_process: bool,
    describe: bool = False,
    queries: bool = False,
) -> tuple[int, str]:
    """Run dbt with *words* and return its exit code, and its message if it could not run.

    A process that ends with this invocation is its *own_process*: the collector rests there while
    dbt loads its manifest, hundreds of thousands of objects that stay, and never looks at them
    again; of dbt's events fewer become messages, and these and its artifacts are made more quickly.
    With *describe* the columns of what dbt makes are reported too, as ``{"unique_id": ...,
    "columns": {name: type}}``; with *queries* the statements that it sends.
    """
    wanted = DEBUG_EVENTS | QUERY_EVENTS if queries else DEBUG_EVENTS
    if own_process:
        _make_quick(wanted)
    from dbt.cli.main import dbtRunner

    describer = Describer(_reporting_columns(report)) if describe else None
    listener = _Listener(report, wanted, own_process=own_process, describer=describer)
    result = dbtRunner(callbacks=[listener]).invoke([*SILENT, *words])
    if describer is not None:
        describer.close()
    if result.success:
        return 0, ""
    # As dbt's own command does: 1 when nodes failed, 2 when it could not run.
    return (1, "") if result.exception is None else (2, str(result.exception))


def _make_quick(wanted: frozenset[str]) -> None:
    gc.disable()
    from dbt_common.events.event_manager_client import ctx_set_event_manager

    from floe.adapters.dbt import (
        quick_artifacts,
        quick_contexts,
        quick_messages,
        quick_relations,
        quick_tables,
    )
    from floe.adapters.dbt.selective_events import SelectiveEvents

    quick_messages.install()
    quick_relations.install()
    quick_artifacts.install()
    quick_contexts.install()
    quick_tables.install()
    ctx_set_event_manager(SelectiveEvents(wanted))


class _Listener:
    """Pick the events that matter before they are turned into dicts: most of them do not."""

    def __init__(
        self,
        report: Report,
        wanted: frozenset[str],
        *,
        own_process: bool,
        describer: Describer | None,
    ) -> None:
        self._report = report
        self._wanted = wanted
        self._own_process = own_process
        self._describer = describer

    def __call__(self, message: Message) -> None:
        info = message.info
        if (info.level == "debug" and not self._is_wanted(message)) or info.thread == THREAD:
            return
        if info.name == _MANIFEST_IS_LOADED:
            self._begin()
        raw = scrubbed(message)
        if self._describer is not None and info.name == "NodeFinished":
            self._report_described(raw, self._describer)
        else:
            self._report(raw)

    def _report_described(self, finished: dict[str, Any], describer: Describer) -> None:
        """Report the end of a node and only then ask, or the answer could come before it."""
        made = describer.made_by(finished)
        finished["data"][COLUMNS_FOLLOW] = made is not None
        self._report(finished)
        if made is not None:
            describer.ask(made)

    def _is_wanted(self, message: Message) -> bool:
        name = message.info.name
        return name in self._wanted or tells_a_snapshot(name, message.data)

    def _begin(self) -> None:
        if self._own_process:
            gc.freeze()
            gc.set_threshold(*_RELAXED_GC)
            gc.enable()
        report_rows()
        if self._describer is not None:
            self._describer.start()


def _reporting_columns(report: Report) -> Callable[[str, Columns], None]:
    return lambda unique_id, columns: report({"unique_id": unique_id, "columns": dict(columns)})


def scrubbed(message: Message) -> dict[str, Any]:
    """Return dbt's event as dbt's JSON log has it: secrets of dbt's own prefix are masked."""
    from dbt_common.context import get_invocation_context
    from dbt_common.events.functions import msg_to_dict, scrub_secrets

    raw: dict[str, Any] = msg_to_dict(message)
    secrets = get_invocation_context().env_secrets
    if secrets:
        raw = json.loads(scrub_secrets(json.dumps(raw), secrets))
    return raw


class LineWriter:
    """Write each event as one line of compact JSON, from whichever of dbt's threads has it."""

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self._send = send
        self._lock = threading.Lock()

    def __call__(self, raw: dict[str, Any]) -> None:
        """Write *raw*."""
        line = json.dumps(raw, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            self._send(line)
