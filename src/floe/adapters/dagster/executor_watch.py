"""The end of a step whose executor has died.

A step in a process of its own works for the process that executes the run. When that is killed,
nobody is left to record the step, to cancel it or to start what comes after it; and Dagster lets
it work on.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dagster import OpExecutionContext

_PATIENCE_S = 60.0
"""Seconds that an interrupted step gets to stop dbt, to end its lineage and to end itself."""
_EITHER = "multi_or_in_process_executor"
"""Dagster's default executor: several processes, unless a run asks for one."""


@contextmanager
def not_outliving_executor(context: OpExecutionContext) -> Iterator[None]:
    """Interrupt the work of the step when the executor has died that it works for."""
    executor = multiprocessing.parent_process()
    kind = context.job_def.executor_def.name
    if executor is None or not _has_own_process(kind, context.run_config):
        yield
        return
    done = threading.Event()

    def watch() -> None:
        executor.join()
        if not done.is_set():
            os.kill(os.getpid(), signal.SIGINT)
        # At its end the process waits until the dead executor has read all results.
        time.sleep(_PATIENCE_S)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="executor-watch", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _has_own_process(executor: str, run_config: Mapping[str, Any]) -> bool:
    """Return whether *executor* gives each step a process, a child of its own."""
    execution = run_config.get("execution") or {}
    chosen = execution.get("config") or {}
    return executor == "multiprocess" or (executor == _EITHER and "in_process" not in chosen)
