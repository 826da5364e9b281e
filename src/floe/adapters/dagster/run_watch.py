"""The end of a step whose run has ended without it.

A distributed executor (Dask, Celery) does not tell the steps at work that their run was cancelled,
and may start one whose run is over. So a step asks for itself: when it begins, and between two
events of dbt.
"""

import time

from dagster import AssetExecutionContext, Failure

_EVERY_S = 5.0


def require_run(context: AssetExecutionContext) -> None:
    """Return when the run of *context* is still going on.

    Raises:
        Failure: It has ended, by whatever hand.
    """
    run = context.instance.get_run_by_id(context.run.run_id)
    if run is not None and run.is_finished:
        raise Failure("the run of this step was ended elsewhere", allow_retries=False)


class RunWatch:
    """Requires that the run of *context* goes on; it is looked up once in *every_s* seconds."""

    def __init__(self, context: AssetExecutionContext, every_s: float = _EVERY_S) -> None:
        self._context = context
        self._every_s = every_s
        self._next_look = time.monotonic() + every_s

    def __call__(self) -> None:
        """Look, where it is time to.

        Raises:
            Failure: The run has ended.
        """
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + self._every_s
            require_run(self._context)
