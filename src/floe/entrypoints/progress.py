"""What a person, or a program, sees of a run while it happens."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Literal, Protocol, Self, TextIO, TypeAlias

from floe.domain.model.closing_account import ClosingAccount
from floe.domain.model.errors import Problem
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import RunContext

Output: TypeAlias = Literal["rich", "plain", "json", "log"]


class ProgressView(Protocol):
    """Show a run. Nothing here raises for the sake of the screen: a closed pipe only silences."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was; a second call does nothing."""

    def on_event(self, event: DbtEvent) -> None:
        """Show what *event* changes; it may come from any thread."""

    def summary(self, account: ClosingAccount) -> None:
        """Say how it ended; the last call."""

    def refusal(self, problems: Sequence[Problem], exit_code: int) -> None:
        """Say why nothing ran, in place of a summary."""


def progress_view(
    output: Output,
    stream: TextIO,
    *,
    context: RunContext,
    graph: ProjectGraph,
    usual: Mapping[str, float] | None = None,
) -> ProgressView:
    """Return the view *output* on *stream*; enter it before the first event.

    *usual* maps unique id → the seconds that the node usually takes. With ``log`` nothing goes to
    *stream*: the story is told by log lines. A stream that cannot show
    what ``rich`` needs gets ``plain``.
    """
    if output == "json":
        from floe.entrypoints.json_progress import JsonProgress

        return JsonProgress(stream, context)
    if output == "log":
        from floe.entrypoints.log_progress import LogProgress

        return LogProgress(context)
    if output == "rich" and is_capable(stream):
        from floe.entrypoints.live_progress import LiveProgress

        return LiveProgress(stream, context, graph, usual or {})
    from floe.entrypoints.plain_progress import PlainProgress

    return PlainProgress(stream, context, graph)


def default_output(stream: TextIO, environ: Mapping[str, str], *, as_log: bool = False) -> Output:
    """Return ``rich`` for a person at a terminal, ``plain`` for a log, a pipe or a CI job.

    Where *stream* is to carry log lines and nothing else (*as_log*), it is ``log``.
    """
    if as_log:
        return "log"
    quiet = environ.get("TERM") == "dumb" or bool(environ.get("CI"))
    return "rich" if stream.isatty() and not quiet and is_capable(stream) else "plain"


def is_capable(stream: TextIO) -> bool:
    """Return whether *stream* can carry the signs that the live view draws."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
