"""dbt's structured log events as values of the domain, one end for each node.

dbt tells the end of a node twice: as a line for people (``LogModelResult`` and its kin, info)
and as an account for machines (``NodeFinished``, debug). The account has the message, the
adapter's response and the timing; the line is what dagster-dbt recognizes. The mapping joins them.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from floe.adapters.dbt.programmatic import COLUMNS_FOLLOW, QUERY_EVENTS
from floe.adapters.dbt.query_log import QueryLog
from floe.adapters.dbt.snapshot_sql import SNAPSHOT_EVENT, snapshot_query
from floe.domain.model.errors import EnvironmentNotReadyError, Problem
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    InvocationStarted,
    LogEmitted,
    NodeFinished,
    NodeStarted,
    NodeStatus,
    Raw,
    RelationDescribed,
)
from floe.domain.model.value import utc_now

_RESULT_LINES = frozenset(
    {
        "LogModelResult",
        "LogSeedResult",
        "LogSnapshotResult",
        "LogTestResult",
        "LogNodeResult",
        "LogNodeNoOpResult",
        "LogFunctionResult",
        "LogFreshnessResult",
        "SkippingDetails",
        "LogSkipBecauseError",
    }
)
_COULD_NOT_RUN = frozenset({"MainEncounteredError", "MainStackTrace"})
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_NO_ADAPTER = re.compile(r"Could not find adapter type (\S+?)!")
_TESTS = frozenset({"test", "unit_test"})


class EventMapping:
    """Turn the events of one invocation into values, in dbt's order, as they come.

    With *queries* each node ends with the statements that were sent for it.
    """

    def __init__(self, *, queries: bool = False) -> None:
        self._keeps_queries = queries
        self._snapshots: dict[str, str] = {}
        self._lines: dict[str, Raw] = {}
        self._latest_line_on: dict[str, Raw] = {}
        self._queries = QueryLog()
        self._batches: set[tuple[str, str]] = set()
        self._failed_hooks: dict[str, NodeFinished] = {}
        self._started: set[str] = set()
        self._finished: set[str] = set()
        self._invocation_started = False
        self._could_not_run: str | None = None
        self._interrupted = False
        self.completed_at: datetime | None = None
        """When dbt said that its command was over; None until then."""

    def silence(self) -> Iterator[DbtEvent]:
        """Yield what it means that dbt has said nothing for a while: it is still at work."""
        if self._invocation_started:
            yield LogEmitted(at=utc_now(), level="debug", text="")

    def feed(self, raw: Raw) -> Iterator[DbtEvent]:  # noqa: C901 - one case an event
        """Yield what *raw* (``info`` and ``data``, dbt structured logging) means, if anything.

        Or *raw* holds a ``unique_id`` and the ``columns`` of its relation.
        """
        if "columns" in raw:
            unique_id, columns = raw["unique_id"], raw["columns"]
            yield RelationDescribed(at=utc_now(), unique_id=unique_id, columns=columns)
            return
        yield from self._start(raw)
        match raw["info"]["name"]:
            case "MainReportVersion":
                pass
            case "LogStartLine" | "LogHookStartLine":
                yield from self._node_started(raw)
            case "NodeFinished":
                yield from self._node_finished(raw)
            case "LogHookEndLine":
                yield from self._hook_finished(raw)
            case "LogBatchResult":
                self._batches.add((_unique_id(raw), _thread(raw)))
                yield from self._log(raw)
            case "CommandCompleted":
                self.completed_at = _moment(raw["data"].get("completed_at")) or _at(raw)
            case "RunResultError":
                yield from self._hook_failed(raw)
                yield from self._log(raw)
            case name if name in QUERY_EVENTS:
                self._query(name, raw)
            case name if name in _RESULT_LINES:
                self._keep_line(raw)
            case _:
                self._note(raw)
                yield from self._log(raw)

    def finish(self, exit_code: int, *, fallback_message: str = "") -> Iterator[DbtEvent]:
        """Yield the end of the invocation, and its beginning if dbt never came that far.

        *fallback_message* is what dbt wrote elsewhere; it counts when dbt could not run and no
        event says why.

        Raises:
            EnvironmentNotReadyError: The adapter package of the profile is not installed.
        """
        at = self.completed_at or utc_now()
        message = self._could_not_run
        if message is None and exit_code not in {0, 1}:
            message = plain(fallback_message).strip() or None
        _check_adapter(message)
        if not self._invocation_started:
            yield InvocationStarted(at=at, invocation_id="")
        yield from self._failed_hooks.values()
        yield InvocationFinished(
            at=at, exit_code=exit_code, interrupted=self._interrupted, message=message
        )

    def _start(self, raw: Raw) -> Iterator[DbtEvent]:
        if not self._invocation_started:
            self._invocation_started = True
            yield InvocationStarted(
                at=_at(raw),
                invocation_id=str(raw["info"].get("invocation_id", "")),
                dbt_version=str(raw["data"].get("version", "")).lstrip("="),
                raw=raw,
            )

    def _node_started(self, raw: Raw) -> Iterator[DbtEvent]:
        node = _node_info(raw)
        unique_id = node.get("unique_id")
        if not unique_id or unique_id in self._started or unique_id in self._finished:
            return
        self._started.add(unique_id)
        yield NodeStarted(
            at=_moment(node.get("node_started_at")) or _at(raw),
            unique_id=unique_id,
            resource_type=str(node.get("resource_type", "")),
            name=str(node.get("node_name", "")),
            raw=raw,
        )

    def _keep_line(self, raw: Raw) -> None:
        unique_id = _unique_id(raw)
        if unique_id:
            self._lines[unique_id] = raw
        else:
            self._latest_line_on[_thread(raw)] = raw

    def _node_finished(self, raw: Raw) -> Iterator[DbtEvent]:
        unique_id = _unique_id(raw)
        batch = (unique_id, _thread(raw))
        if batch in self._batches:
            self._batches.discard(batch)
            return
        line = self._lines.pop(unique_id, None)
        unnamed = self._latest_line_on.pop(_thread(raw), None)
        if not unique_id or unique_id in self._finished or _is_silent_success(raw):
            return
        self._finished.add(unique_id)
        yield self._joined(raw, line or unnamed or raw)

    def _joined(self, raw: Raw, line: Raw) -> NodeFinished:
        """Return the end of a node from the account *raw* and the *line* for people."""
        node, result = _node_info(raw), raw["data"].get("run_result") or {}
        unique_id, resource_type = node["unique_id"], str(node.get("resource_type", ""))
        response = _whole_numbers(result.get("adapter_response") or {})
        at = _moment(node.get("node_finished_at")) or _at(raw)
        status = _status(result.get("status") or node.get("node_status"), raw)
        return NodeFinished(
            at=at,
            unique_id=unique_id,
            resource_type=resource_type,
            name=str(node.get("node_name", "")),
            status=status,
            started_at=min(_moment(node.get("node_started_at")) or at, at),
            execution_time_s=max(float(result.get("execution_time") or 0.0), 0.0),
            message=plain(str(result.get("message") or "")).strip() or None,
            rows_affected=_rows(response),
            failures=_count(result.get("num_failures")) if resource_type in _TESTS else None,
            relation_name=(node.get("node_relation") or {}).get("relation_name") or None,
            materialization=node.get("materialized") or None,
            adapter_response=response,
            compiled_code=self._snapshots.pop(unique_id, None),
            thread=str(result.get("thread") or _thread(raw)),
            queries=self._queries.of(unique_id, at, failed=status.is_failure),
            columns_follow=bool(raw["data"].get(COLUMNS_FOLLOW)),
            raw=line,
        )

    def _query(self, name: str, raw: Raw) -> None:
        unique_id, data = _unique_id(raw), raw["data"]
        if self._keeps_queries:
            self._queries.hear(name, unique_id, _thread(raw), _at(raw), data)
        if name == SNAPSHOT_EVENT and _node_info(raw).get("resource_type") == "snapshot":
            query = snapshot_query(str(data.get("sql") or ""))
            if query is not None:
                self._snapshots[unique_id] = query

    def _hook_finished(self, raw: Raw) -> Iterator[DbtEvent]:
        node, data = _node_info(raw), raw["data"]
        unique_id = node.get("unique_id")
        if not unique_id or unique_id in self._finished:
            return
        self._finished.add(unique_id)
        at = _moment(node.get("node_finished_at")) or _at(raw)
        status = _status(data.get("status"), raw)
        finished = NodeFinished(
            at=at,
            unique_id=unique_id,
            resource_type="operation",
            name=str(node.get("node_name", "")),
            status=status,
            started_at=min(_moment(node.get("node_started_at")) or at, at),
            execution_time_s=max(float(data.get("execution_time") or 0.0), 0.0),
            thread=_thread(raw),
            queries=self._queries.of(unique_id, at, failed=status.is_failure),
            raw=raw,
        )
        if finished.status.is_failure:
            # dbt says why only in its summary at the end of the run.
            self._failed_hooks[unique_id] = finished
        else:
            yield finished

    def _hook_failed(self, raw: Raw) -> Iterator[DbtEvent]:
        finished = self._failed_hooks.pop(_unique_id(raw), None)
        if finished is not None:
            yield finished.model_copy(update={"message": plain(_text(raw)).strip() or None})

    def _note(self, raw: Raw) -> None:
        if raw["info"]["name"] == "MainEncounteredError" and self._could_not_run is None:
            self._could_not_run = _reason(raw)
        if raw["data"].get("keyboard_interrupt"):
            self._interrupted = True

    def _log(self, raw: Raw) -> Iterator[DbtEvent]:
        info = raw["info"]
        text = plain(_text(raw)).strip()
        if text and info["level"] != "debug" and info["name"] not in _COULD_NOT_RUN:
            yield LogEmitted(
                at=_at(raw),
                level=str(info["level"]),
                text=text,
                unique_id=_unique_id(raw) or None,
                raw=raw,
            )


def plain(text: str) -> str:
    """Return *text* without the escape sequences that colour a terminal."""
    return _ANSI.sub("", text)


def _check_adapter(message: str | None) -> None:
    missing = _NO_ADAPTER.search(message or "")
    if missing:
        adapter = missing.group(1)
        raise EnvironmentNotReadyError(
            Problem(
                f"the dbt adapter {adapter} is not installed",
                fix=f"install floe[{adapter}], or dbt-{adapter} beside the dbt that runs",
            )
        )


def _is_silent_success(raw: Raw) -> bool:
    """Whether this is an ephemeral model that went well: nothing happened in the warehouse."""
    result = raw["data"].get("run_result") or {}
    return _node_info(raw).get("materialized") == "ephemeral" and result.get("status") == "success"


def _status(word: object, raw: Raw) -> NodeStatus:
    try:
        return NodeStatus(str(word))
    except ValueError:
        is_error = raw["info"]["level"] == "error"
        return NodeStatus.ERROR if is_error else NodeStatus.SUCCESS


def _reason(raw: Raw) -> str:
    return plain(str(raw["data"].get("exc") or _text(raw))).strip()


def _node_info(raw: Raw) -> Mapping[str, Any]:
    node: Mapping[str, Any] = raw["data"].get("node_info") or {}
    return node


def _unique_id(raw: Raw) -> str:
    return str(_node_info(raw).get("unique_id") or "")


def _thread(raw: Raw) -> str:
    return str(raw["info"].get("thread", ""))


def _text(raw: Raw) -> str:
    return str(raw["info"].get("msg", ""))


def _at(raw: Raw) -> datetime:
    return _moment(raw["info"].get("ts")) or utc_now()


def _moment(text: object) -> datetime | None:
    """Return the moment that *text* names; where dbt leaves out the offset it means UTC."""
    if not isinstance(text, str) or not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _whole_numbers(response: Mapping[str, Any]) -> dict[str, Any]:
    """Return *response* with whole numbers as such: the event's format knows only floats."""
    return {
        key: int(value) if isinstance(value, float) and value.is_integer() else value
        for key, value in response.items()
    }


def _rows(response: Mapping[str, Any]) -> int | None:
    """Return the affected rows; some adapters say -1, or a text, where they do not know.

    Snowflake's adapter takes the one line in which the warehouse says "created" for a row, unless
    a newer driver has counted the rows themselves.
    """
    counted = [_count(response.get(key)) for key in ("rows_inserted", "rows_updated")]
    known = [rows for rows in counted if rows is not None]
    if known:
        return sum(known)
    rows = _count(response.get("rows_affected"))
    return None if rows == 1 and response.get("code") == "SUCCESS" else rows


def _count(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() else None
