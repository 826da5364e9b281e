"""This run beside the one before, and beside what is usual."""

from collections.abc import Sequence
from typing import NamedTuple

from floe.adapters.report.wording import duration, kind, state
from floe.domain.model.archived_run import ArchivedRun, usual_times
from floe.domain.model.node_event import NodeFinished

SHOWN = 12
_NOISE_S = 0.05


class Pace(NamedTuple):
    """How long a node took; shares are parts of the longest bar, 0 to 100."""

    unique_id: str
    name: str
    kind: str
    state: str
    now: str
    before: str
    usual: str
    change: str
    is_slower: bool
    is_faster: bool
    share: float
    before_share: float


class Comparison(NamedTuple):
    """The slowest nodes; *before* is when the compared run started, empty where there is none.

    Compared is the latest run that did at least half of the same work, else the latest.
    """

    rows: tuple[Pace, ...]
    before: str
    elapsed_before: str
    change: str


def comparison(run: ArchivedRun, earlier: Sequence[ArchivedRun]) -> Comparison:
    """Return the slowest nodes of *run* beside *earlier* runs, the newest of which comes first."""
    previous = _comparable(run, earlier)
    before = _times(previous)
    usual = usual_times(earlier)
    slowest = sorted(run.summary.nodes, key=lambda end: -end.execution_time_s)[:SHOWN]
    slowest = [end for end in slowest if end.execution_time_s > 0]
    known = [before[end.unique_id] for end in slowest if end.unique_id in before]
    longest = max([end.execution_time_s for end in slowest] + known, default=1.0)
    rows = tuple(
        _pace(run, end, before.get(end.unique_id), usual.get(end.unique_id), longest)
        for end in slowest
    )
    if previous is None:
        return Comparison(rows, "", "", "")
    gap = run.summary.elapsed_s - previous.summary.elapsed_s
    return Comparison(
        rows,
        previous.summary.started_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        duration(max(0.0, previous.summary.elapsed_s)),
        _signed(gap),
    )


def _comparable(run: ArchivedRun, earlier: Sequence[ArchivedRun]) -> ArchivedRun | None:
    done = _times(run).keys()
    alike = (old for old in earlier if 2 * len(done & _times(old).keys()) >= len(done))
    return next(alike, earlier[0] if earlier else None)


def _times(run: ArchivedRun | None) -> dict[str, float]:
    if run is None:
        return {}
    return {
        end.unique_id: end.execution_time_s for end in run.summary.nodes if end.execution_time_s > 0
    }


def _pace(
    run: ArchivedRun, end: NodeFinished, old: float | None, usual: float | None, longest: float
) -> Pace:
    node, now = run.by_id.get(end.unique_id), end.execution_time_s
    gap = now - old if old is not None else 0.0
    noise = max(_NOISE_S, 0.2 * (old or 0.0))
    return Pace(
        unique_id=end.unique_id,
        name=end.name or end.unique_id,
        kind=kind(node) if node is not None else end.resource_type,
        state=state(end),
        now=duration(now),
        before=duration(old) if old is not None else "",
        usual=duration(usual) if usual is not None else "",
        change=_change(gap, is_old=old is not None, is_known=usual is not None),
        is_slower=gap > noise,
        is_faster=gap < -noise,
        share=round(100 * now / longest, 1),
        before_share=round(100 * (old or 0.0) / longest, 1),
    )


def _change(gap: float, *, is_old: bool, is_known: bool) -> str:
    if is_old:
        return _signed(gap)
    return "" if is_known else "new"


def _signed(gap: float) -> str:
    if abs(gap) < _NOISE_S:
        return "same"
    return ("+" if gap > 0 else "-") + duration(abs(gap))
