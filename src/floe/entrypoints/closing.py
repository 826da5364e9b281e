"""The closing summary as lines of text: what ran, what failed, how long, where to look."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from floe.domain.model.closing_account import ClosingAccount, Failure, KindCount
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.errors import Problem
from floe.domain.model.node_event import NodeStatus
from floe.entrypoints.node_line import kind
from floe.entrypoints.terminal_text import counted, harmless, joined, seconds

Tone: TypeAlias = Literal["plain", "good", "bad", "warning", "quiet"]
LONGEST_MESSAGE = 15
"""Lines of a failure's message that are shown; the report has them all."""
LONGEST_HEAD = 10
"""Characters; a destination with a longer name, a path say, is named in the text."""
_SIGNALS = frozenset({"traces", "metrics", "logs"})
LONGEST_SELECTION = 8
"""Nodes that are named in the command that runs them again; with more, one fixes the cause."""
_IN_WORDS: Mapping[NodeStatus, str] = {
    NodeStatus.WARN: "with warnings",
    NodeStatus.FAIL: "failed",
    NodeStatus.ERROR: "in error",
    NodeStatus.RUNTIME_ERROR: "in error",
    NodeStatus.PARTIAL_SUCCESS: "partly failed",
    NodeStatus.SKIPPED: "skipped",
}


class Line(NamedTuple):
    """A line of the summary: a *head* that names it, its *text*, and its *tone*."""

    head: str
    text: str
    tone: Tone = "plain"


def closing_lines(account: ClosingAccount) -> Iterator[Line]:
    """Yield the summary of *account*, the outcome first and where to look last."""
    yield _outcome(account)
    if account.kinds:
        yield Line("ran", joined(_kind_text(item) for item in account.kinds))
    yield from _failures("failed", account.failures, "bad")
    yield from _failures("warned", account.warnings, "warning")
    if account.message and not account.failures:
        yield from _paragraph("dbt said", account.message, "bad")
    if account.slowest:
        slowest = (f"{harmless(n.name)} {seconds(n.execution_time_s)}" for n in account.slowest)
        yield Line("slowest", joined(slowest), "quiet")
    told: set[str | None] = set()
    for report in _with_telemetry_as_one(account.reports):
        yield _delivery(report, is_known=report.last_error in told)
        told.add(report.last_error)
    if account.lost:
        yield Line("lost", f"{counted(account.lost, 'payload')} could not be kept", "warning")
    for place in account.places:
        yield Line(harmless(place.what), harmless(_from_here(place.where)))
    if 0 < len(account.selection_to_repeat) <= LONGEST_SELECTION:
        again = " ".join(account.selection_to_repeat)
        yield Line("again", f"floe run -s {harmless(_quoted(again))}")


def problem_lines(problems: Sequence[Problem]) -> Iterator[Line]:
    """Yield what kept a run from starting, and how to put it right."""
    for problem in problems:
        where = f"{problem.where}: " if problem.where else ""
        yield from _paragraph("error", f"{where}{problem.what}", "bad")
        if problem.fix:
            yield from _paragraph("fix", problem.fix, "plain")


def _outcome(account: ClosingAccount) -> Line:
    name, took = harmless(account.pipeline), seconds(account.elapsed_s)
    if account.interrupted:
        return Line(name, f"interrupted after {took}", "warning")
    skipped = account.count(NodeStatus.SKIPPED)
    ran = counted(account.count() - skipped, "node")
    if account.failures:
        trail = f", {skipped} skipped" if skipped else ""
        return Line(name, f"failed after {took}: {len(account.failures)} of {ran}{trail}", "bad")
    if not account.is_success:
        return Line(name, f"failed after {took}, {ran} ran", "bad")
    warned = f", {counted(len(account.warnings), 'warning')}" if account.warnings else ", all well"
    return Line(name, f"finished in {took}: {ran}{warned}", "good")


def _kind_text(item: KindCount) -> str:
    troubles = (f"{n} {_IN_WORDS[s]}" for s, n in item.statuses.items() if s in _IN_WORDS)
    trouble = ", ".join(troubles)
    return counted(item.total, kind(item.resource_type)) + (f" ({trouble})" if trouble else "")


def _failures(head: str, failures: Sequence[Failure], tone: Tone) -> Iterator[Line]:
    for failure in failures:
        path = f"  {harmless(_from_here(failure.path))}" if failure.path else ""
        yield Line(head, f"{kind(failure.resource_type)} {harmless(failure.name)}{path}", tone)
        for _, text, _ in _paragraph("", failure.message, "plain"):
            yield Line("", f"  {text}")


def _paragraph(head: str, text: str, tone: Tone) -> Iterator[Line]:
    lines = [line.rstrip() for line in harmless(text).splitlines() if line.strip()]
    for number, line in enumerate(lines[:LONGEST_MESSAGE]):
        yield Line("" if number else head, line, tone)
    if len(lines) > LONGEST_MESSAGE:
        yield Line("", f"… {counted(len(lines) - LONGEST_MESSAGE, 'more line')}", "quiet")


def _with_telemetry_as_one(reports: Sequence[DeliveryReport]) -> Iterator[DeliveryReport]:
    """Yield *reports*, those of the signals of OpenTelemetry added up: to a person they are one."""
    signals = [report for report in reports if report.destination in _SIGNALS]
    if signals:
        troubles = (it.last_error for it in signals if it.last_error and not it.is_complete)
        yield DeliveryReport(
            destination="telemetry",
            delivered=sum(report.delivered for report in signals),
            waiting=sum(report.waiting for report in signals),
            refused=sum(report.refused for report in signals),
            dropped=sum(report.dropped for report in signals),
            last_error=next(troubles, None),
        )
    yield from (report for report in reports if report.destination not in _SIGNALS)


def _delivery(report: DeliveryReport, *, is_known: bool) -> Line:
    """Return the account of a destination; why it is incomplete is said unless *is_known*."""
    counts = {
        "delivered": report.delivered,
        "waiting": report.waiting,
        "refused": report.refused,
        "dropped": report.dropped,
    }
    said = ", ".join(f"{number:,} {word}" for word, number in counts.items() if number)
    failing = report.last_error if not report.is_complete and not is_known else None
    trouble = f" ({harmless(failing)})" if failing else ""
    tone: Tone = "quiet" if report.is_complete else "warning"
    name = harmless(_from_here(report.destination))
    if len(name) > LONGEST_HEAD:
        return Line("sent", f"{said or 'nothing'}{trouble} to {name}", tone)
    return Line(name, f"{said or 'nothing to deliver'}{trouble}", tone)


def _quoted(selection: str) -> str:
    return f'"{selection}"' if " " in selection else selection


def _from_here(path: str) -> str:
    """Return *path* as one would type it: relative where it is below the working directory."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
