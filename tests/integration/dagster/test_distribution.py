"""A project cut into steps, in processes of one machine or on the workers of a Dask cluster."""

import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from dagster import DagsterEventType, DagsterInstance

from floe.testing.openlineage_rules import breaches
from tests.integration.dagster.runs_in_processes import (
    DAGSTER,
    PATIENCE_S,
    Location,
    one_trace_under_one_run,
    parent_of,
    root_of,
    wait_until,
)
from tests.integration.dbt.projects import write
from tests.integration.engines.postgres_server import postgres_server
from tests.integration.engines.process import LOOPBACK, accepts, free_port, running
from tests.integration.engines.test_postgres import by_password
from tests.integration.main_job.conftest import Shop, span_attributes
from tests.integration.main_job.dev_server import serving_by

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

NAPS = 3
NAP = """{{ config(materialized='table', tags=['nap']) }}
select 1 as id, pg_sleep({{ var('nap_s', 1) }}) is null as slept
"""
AFTER_NAP = "{{ config(tags=['nap']) }} select * from {{ ref('nap_01') }}"
LONG_NAP = {"ops": {"skerryline_dbt_naps": {"config": {"variables": {"nap_s": 3600}}}}}
EARLY = "{{ config(tags=['chain'], materialized='table') }} select 1 as id"
DROWSY = """{{ config(tags=['chain'], materialized='table', pre_hook={
  'sql': 'create table if not exists ' ~ this.schema ~ '.woken (id int)', 'transaction': False}) }}
{% set woken = adapter.get_relation(this.database, this.schema, 'woken') %}
select id, pg_sleep({{ 0 if woken else 3600 }}) is null as slept from {{ ref('early') }}
"""
LATE = "{{ config(tags=['chain']) }} select no_such_column from {{ ref('drowsy') }}"
BEYOND = "{{ config(tags=['chain']) }} select * from {{ ref('late') }}"
MENDED = LATE.replace("no_such_column", "id")
CHAIN = {"early": EARLY, "drowsy": DROWSY, "late": LATE, "beyond": BEYOND}
"""Models, each a layer of its own: one sleeps when it is first built, and a later one fails."""
SHOP = "not (tag:nap or tag:chain)"
WITH_RETRIES = "telemetry: {enabled: false}\nnux: {enabled: false}\nrun_retries: {enabled: true}\n"
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
        naps = {f"nap_{number:02}.sql": NAP for number in range(NAPS)}
        write(shop.folder / "dbt/models/naps", {**naps, "after_nap.sql": AFTER_NAP})
        for name, sql in CHAIN.items():
            write(shop.folder / "dbt/models" / name, {f"{name}.sql": sql})
        location = Location(shop.folder, SPLIT="layer", POSTGRES_PASSWORD=server.password)
        (location.home / "dagster.yaml").write_text(WITH_RETRIES)
        yield location


@pytest.fixture(scope="module")
def cluster(on_postgres: Location, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("dask")
    port = free_port()
    address = f"tcp://{LOOPBACK}:{port}"
    dask = str(Path(sys.executable).with_name("dask"))
    scheduler = [dask, "scheduler", "--host", LOOPBACK, "--port", str(port), "--no-dashboard"]
    once = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    ready = partial(accepts, port)
    worker = [dask, "worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard"]
    logs = tuple(folder / name for name in WORKERS)
    with running(scheduler, ready=ready, log=folder / "scheduler", environment=once):
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


def workers_of_steps(location: Location) -> list[int | None]:
    """Return the processes in which the steps of the one run ended well."""
    with DagsterInstance.from_config(str(location.home)) as instance:
        (run,) = instance.get_runs()
        ended = instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_SUCCESS)
        return [entry.get_dagster_event().pid for entry in ended]


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
    code = on_postgres.run(SHOP, DASK=cluster.address)

    assert code == 0, on_postgres.said() + "".join(log.read_text() for log in cluster.logs)
    whole(on_postgres)
    done = workers_of_steps(on_postgres)
    assert len(done) == len(LAYERS)
    assert len(set(done)) == len(WORKERS)


def test_a_run_that_is_cancelled_while_dbt_is_silent_stops_on_its_worker(
    on_postgres: Location, cluster: Cluster
) -> None:
    process = on_postgres.start("tag:nap", config=LONG_NAP, DASK=cluster.address)
    try:
        wait_until(lambda: len(naps(on_postgres)) > 0, on_postgres.said)
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
    finally:
        process.kill()

    wait_until(lambda: on_postgres.dbts() == [], on_postgres.processes)
    wait_until(lambda: breaches(on_postgres.shop.events) == [], on_postgres.said)
    assert {told for _, told in naps(on_postgres)} == {"START", "ABORT"}


def test_what_a_killed_worker_left_is_run_again_by_the_daemon_and_the_rest_from_failure(
    on_postgres: Location, cluster: Cluster
) -> None:
    """A step is done, the next one loses its worker, and a later one fails in the second run."""
    before = len(on_postgres.shop.events), len(on_postgres.shop.spans)
    served = [DAGSTER, "dev", "-m", "tests.integration.dagster.project_location"]
    with_all = on_postgres.environment | {"DASK": cluster.address}
    with serving_by(on_postgres.shop.folder, served, with_all) as server:
        others = len(server.runs())

        def have_ended(count: int) -> bool:
            found = server.runs()
            return len(found) == others + count and found[0].is_over

        server.launch(*CHAIN, **{"dagster/max_retries": "1"})
        wait_until(lambda: on_postgres.states_of("drowsy") == ["START"], server.said)
        (dbt,) = on_postgres.dbts()
        os.kill(parent_of(dbt), signal.SIGKILL)
        wait_until(lambda: on_postgres.dbts() == [], on_postgres.processes)
        wait_until(lambda: have_ended(2), server.said)
        (on_postgres.shop.folder / "dbt/models/late/late.sql").write_text(MENDED)
        server.continue_from_failure(server.runs()[0].run_id)
        wait_until(lambda: have_ended(3), server.said)
        runs = server.runs()[2::-1]

    assert [run.status for run in runs] == ["FAILURE", "FAILURE", "SUCCESS"]
    assert runs[1].tags["dagster/retry_number"] == "1"
    # Dask may do again what was done, where the result went with the worker.
    assert on_postgres.states_of("early")[:2] == ["START", "COMPLETE"]
    assert {name: on_postgres.states_of(name) for name in CHAIN if name != "early"} == {
        "drowsy": ["START", "ABORT", "START", "COMPLETE"],
        "late": ["START", "FAIL", "START", "COMPLETE"],
        "beyond": ["START", "COMPLETE"],
    }
    assert breaches(on_postgres.shop.events) == []
    roots = [root_of(event) for event in on_postgres.shop.events[before[0] :]]
    assert list(dict.fromkeys(roots)) == [run.run_id for run in runs]
    spans = on_postgres.shop.spans[before[1] :]
    assert len({span["traceId"] for span in spans}) == len(runs)
    assert len({span["spanId"] for span in spans}) == len(spans)
    said = {span_attributes(span).get("dagster.root_run_id") for span in spans}
    assert said - {None} == {runs[0].run_id}


def naps(location: Location) -> list[tuple[str, str]]:
    """Return the names of the models that only take time, and what lineage was told of each."""
    found = []
    for event in location.shop.events:
        name = event["job"]["name"].rpartition(".")[2]
        if name.startswith("nap_"):
            found.append((name, event["eventType"]))
    return found


def test_on_duckdb_steps_of_their_own_wait_for_each_other(tmp_path: Path) -> None:
    assert Shop(tmp_path).floe("init", "shop").code == 0
    location = Location(tmp_path / "shop", SPLIT="layer")

    assert location.run() == 0, location.said()

    whole(location)
    run, *steps = location.loaded.read_text().split()
    assert run == "False"
    assert steps.count("True") == len(LAYERS)  # forked from a process that has it imported
    assert "STEP_WORKER_STARTED" in location.said()
