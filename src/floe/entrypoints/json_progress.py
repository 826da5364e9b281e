"""Progress for programs: one JSON object a line, version 1; members are only ever added."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Self, TextIO

from floe.domain.model.closing_account import ClosingAccount, Failure
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.errors import Problem
from floe.domain.model.node_event import DbtEvent, LogEmitted, NodeFinished, NodeStarted
from floe.domain.model.run import RunContext
from floe.domain.model.value import utc_now
from floe.entrypoints.run_lines import WholeLines, loudness

VERSION = 1


class JsonProgress(WholeLines):
    """Writes ``run.started``, ``node.started``, ``node.finished``, ``log``, ``run.finished``."""

    def __init__(self, stream: TextIO, context: RunContext) -> None:
        self._stream: TextIO | None = stream
        self._context = context
        self._lock = Lock()

    def __enter__(self) -> Self:
        """Say what is about to run."""
        context = self._context
        self._say(
            "run.started",
            context.started_at,
            {
                "pipeline": context.pipeline,
                "target": context.target,
                "target_name": context.target_name,
                "orchestrator": context.orchestrator,
                "trace_id": context.trace_id,
                "lineage_run_id": context.invocation_run_id,
            },
        )
        return self

    def on_event(self, event: DbtEvent) -> None:
        """Write what *event* says of a node, and dbt's warnings; see the port."""
        match event:
            case NodeStarted():
                self._say("node.started", event.at, self._node(event))
            case NodeFinished():
                self._say("node.finished", event.at, self._node(event) | _ending(event))
            case LogEmitted() if loudness(event) is not None:
                said = {"level": event.level, "text": event.text, "node": event.unique_id}
                self._say("log", event.at, said)

    def summary(self, account: ClosingAccount) -> None:
        """Write the last line."""
        if account.interrupted:
            status = "interrupted"
        else:
            status = "success" if account.is_success else "failed"
        self._say("run.finished", utc_now(), {"status": status, **_account(account)})

    def refusal(self, problems: Sequence[Problem], exit_code: int) -> None:
        """Write the last line of a run that did not start."""
        said = {
            "status": "refused",
            "exit_code": exit_code,
            "problems": [problem._asdict() for problem in problems],
        }
        self._say("run.finished", utc_now(), said)

    def _node(self, event: NodeStarted | NodeFinished) -> dict[str, object]:
        return {
            "node": event.unique_id,
            "kind": event.resource_type,
            "name": event.name,
            "lineage_run_id": self._context.node_run_id(event.unique_id),
            "span_id": self._context.node_span_id(event.unique_id),
        }

    def _say(self, kind: str, at: datetime, members: Mapping[str, object]) -> None:
        if self._stream is None:
            return
        stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said = {"v": VERSION, "type": kind, "ts": stamp, "run_id": self._context.run_id, **members}
        try:
            with self._lock:
                self._stream.write(json.dumps(said, ensure_ascii=True) + "\n")
                self._stream.flush()
        except (OSError, ValueError):
            self._stream = None


def _ending(event: NodeFinished) -> dict[str, object]:
    return {
        "status": event.status.value,
        "seconds": round(event.execution_time_s, 6),
        "rows": event.rows_affected,
        "failures": event.failures,
        "message": event.message,
    }


def _account(account: ClosingAccount) -> dict[str, object]:
    return {
        "exit_code": account.exit_code,
        "seconds": round(account.elapsed_s, 3),
        "counts": {
            kind.resource_type: {status.value: number for status, number in kind.statuses.items()}
            for kind in account.kinds
        },
        "message": account.message,
        "failures": [_failure(failure) for failure in account.failures],
        "warnings": [_failure(failure) for failure in account.warnings],
        "deliveries": [_delivery(report) for report in account.reports],
        "lost": account.lost,
        "places": [place.model_dump() for place in account.places],
    }


def _failure(failure: Failure) -> dict[str, object]:
    return {
        "node": failure.unique_id,
        "kind": failure.resource_type,
        "name": failure.name,
        "message": failure.message,
        "path": failure.path,
    }


def _delivery(report: DeliveryReport) -> dict[str, object]:
    counts = report.model_dump(include={"destination", "delivered", "waiting", "refused"})
    return counts | {"dropped": report.dropped, "last_error": report.last_error}
