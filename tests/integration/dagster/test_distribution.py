"""A project cut into steps, in processes of one machine or on the workers of a Dask cluster."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from floe.testing.openlineage_rules import breaches
from tests.integration.dagster.runs_in_processes import (
    Location,
    one_trace_under_one_run,
)
from tests.integration.engines.postgres_server import postgres_server
from tests.integration.engines.process import LOOPBACK, accepts, free_port, running
from tests.integration.engines.test_postgres import by_password
from tests.integration.main_job.conftest import Shop, span_attributes

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

WORKERS = ("left", "right")
LAYERS = {"reference", "ticket_office", "staging", "marts", "snapshots"}


class Cluster(NamedTuple):
    """A Dask scheduler with a worker for each log."""

    address: str
    logs: tuple[Path, ...]


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Location]:
    """Give the demo project on PostgreSQL, which takes several writers."""
    with postgres_server() as server:
        folder = tmp_path_factory.mktemp("distribution")
        shop = by_password(folder, server, "distribution")
        yield Location(shop.folder, SPLIT="layer", POSTGRES_PASSWORD=server.password)


@pytest.fixture(scope="module")
def cluster(on_postgres: Location, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("dask")
    port = free_port()
    address = f"tcp://{LOOPBACK}:{port}"
    dask = str(Path(sys.executable).with_name("dask"))
    scheduler = [dask, "scheduler", "--host", LOOPBACK, "--port", str(port), "--no-dashboard"]
    worker = [dask, "worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard"]
    logs = tuple(folder / name for name in WORKERS)
    with running(scheduler, ready=lambda: accepts(port), log=folder / "scheduler"):
        with_all = on_postgres.environment | {"DASK": address}
        left, right = (
            running(
                [*worker, "--name", log.name, "--local-directory", str(folder)],
                ready=partial(_registered, log),
                log=log,
                environment=with_all,
            )
            for log in logs
        )
        with left, right:
            yield Cluster(address, logs)


def _registered(log: Path) -> bool:
    return log.exists() and "Registered to" in log.read_text(encoding="utf-8")


def steps_of(location: Location) -> set[str]:
    """Return the names of the steps whose dbt was observed, from its spans."""
    found = (span_attributes(span).get("dagster.step_key") for span in location.shop.spans)
    return {str(step).removeprefix("skerryline_dbt_") for step in found if step}


def whole(location: Location) -> None:
    """Prove that the one run of *location* is whole: lineage paired, one trace, one root."""
    events = location.shop.events
    assert breaches(events) == []
    traces, roots = one_trace_under_one_run(location)
    assert (len(traces), len(roots)) == (1, 1)
    assert steps_of(location) == LAYERS
    spans = [span["spanId"] for span in location.shop.spans]
    assert len(spans) == len(set(spans))


def test_steps_run_on_two_workers_and_are_one_run_and_one_trace(
    on_postgres: Location, cluster: Cluster
) -> None:
    code = on_postgres.run(DASK=cluster.address)

    assert code == 0, on_postgres.said() + "".join(log.read_text() for log in cluster.logs)
    whole(on_postgres)
    done = [log.read_text().count("STEP_SUCCESS") for log in cluster.logs]
    assert sum(done) == len(LAYERS)
    assert all(done), done


def test_on_duckdb_steps_of_their_own_wait_for_each_other(tmp_path: Path) -> None:
    assert Shop(tmp_path).floe("init", "shop").code == 0
    location = Location(tmp_path / "shop", SPLIT="layer")

    assert location.run() == 0, location.said()

    whole(location)
    run, *steps = location.loaded.read_text().split()
    assert run == "False"
    assert steps.count("True") == len(LAYERS)  # forked from a process that has it imported
    assert "STEP_WORKER_STARTED" in location.said()
