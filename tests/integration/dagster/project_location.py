"""A code location on the real project of ``$FLOE_ARTIFACTS``.

``$SPLIT`` says how it is cut, ``$RETRIES`` how often a step is tried again. Steps run as floe has
them by default, or on the Dask scheduler at ``$DASK``. Each process that loads this adds to
``$LOADED`` whether dagster-dbt had been imported before.
"""

import os
import sys
from pathlib import Path

with Path(os.environ["LOADED"]).open("a", encoding="utf-8") as loaded:
    loaded.write(f"{'dagster_dbt' in sys.modules}\n")

from dagster import ExecutorDefinition, RetryPolicy

from floe.adapters.dagster.splitting import Split
from floe.entrypoints.asset_factory import FloeAssetFactory


def executor() -> ExecutorDefinition | None:
    if "DASK" not in os.environ:
        return None
    from dagster_dask import dask_executor

    return dask_executor.configured({"cluster": {"existing": {"address": os.environ["DASK"]}}})


defs = FloeAssetFactory().create_definitions(
    os.environ["FLOE_ARTIFACTS"],
    split=Split(os.environ["SPLIT"]),
    executor=executor(),
    retry_policy=RetryPolicy(max_retries=int(os.environ.get("RETRIES", "0"))),
)
