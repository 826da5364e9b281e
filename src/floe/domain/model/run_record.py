"""What happened, collected while it happens."""

from floe.domain.model.node_event import DbtEvent, InvocationFinished, NodeFinished
from floe.domain.model.run import RunContext, RunSummary
from floe.domain.model.value import utc_now

INTERRUPTED = 130


class RunRecord:
    """Hears every event of a run and sums it up; several invocations add up to one run."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._nodes: dict[str, NodeFinished] = {}
        self._endings: list[InvocationFinished] = []

    def hear(self, event: DbtEvent) -> None:
        """Take note of *event*; of a node that ends twice the last end counts."""
        if isinstance(event, NodeFinished):
            self._nodes[event.unique_id] = event
        elif isinstance(event, InvocationFinished):
            self._endings.append(event)

    def summary(self, *, interrupted: bool = False) -> RunSummary:
        """Return what was heard so far; *interrupted* when somebody told the run to stop."""
        stopped = interrupted or any(ending.interrupted for ending in self._endings)
        codes = [ending.exit_code for ending in self._endings]
        messages = [ending.message for ending in self._endings if ending.message]
        return RunSummary(
            run_id=self._context.run_id,
            pipeline=self._context.pipeline,
            started_at=self._context.started_at,
            finished_at=max([utc_now(), self._context.started_at]),
            exit_code=INTERRUPTED if stopped else max(codes, default=0),
            interrupted=stopped,
            message="\n".join(messages) or None,
            nodes=tuple(self._nodes.values()),
        )
