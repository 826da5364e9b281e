"""Whether the run of a step goes on, where the step would not hear of its end.

A distributed executor (Dask, Celery) does not tell the steps at work that their run was cancelled.
So a step asks for itself, between two events of dbt.
"""

import time

from dagster import AssetExecutionContext

_EVERY_S = 5.0


class RunWatch:
    """Says whether the run of *context* is over; it is looked up once in *every_s* seconds."""

    def __init__(self, context: AssetExecutionContext, every_s: float = _EVERY_S) -> None:
        self._context = context
        self._every_s = every_s
        self._next_look = time.monotonic() + every_s

    def __call__(self) -> bool:
        """Return whether the run has ended, by whatever hand."""
        if time.monotonic() < self._next_look:
            return False
        self._next_look = time.monotonic() + self._every_s
        run = self._context.instance.get_run_by_id(self._context.run.run_id)
        return run is not None and run.is_finished
