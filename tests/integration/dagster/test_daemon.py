"""What Dagster's daemon does to runs, and the end of ``floe dev``: nothing is left open."""

from collections.abc import Iterator

import pytest
from dagster import DagsterInstance

from floe.testing.openlineage_rules import breaches
from tests.integration.dagster.endless_project import FILES
from tests.integration.dagster.runs_in_processes import wait_until
from tests.integration.dbt.projects import write
from tests.integration.main_job.conftest import Shop, span_attributes
from tests.integration.main_job.dev_server import DevServer, serving_in_terminal

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

INSTANCE = """
telemetry: {enabled: false}
nux: {enabled: false}
concurrency: {runs: {max_concurrent_runs: 1}}
run_retries: {enabled: true}
run_monitoring: {enabled: true, poll_interval_seconds: 2}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    files = FILES | {".floe/state/dagster/dagster.yaml": INSTANCE}
    folder = write(tmp_path_factory.mktemp("watched"), files)
    with serving_in_terminal(folder) as found:
        yield found


def shop(server: DevServer) -> Shop:
    return Shop(server.folder)


def dbts(server: DevServer) -> list[str]:
    return [words for words in server.left_over() if "fork_server" in words]


def states_of(server: DevServer, job: str) -> list[str]:
    return [e["eventType"] for e in shop(server).events if e["job"]["name"].endswith(job)]


def test_what_failed_is_run_again_alone_by_the_daemon_and_by_the_button(
    server: DevServer,
) -> None:
    server.launch("raw", "broken", **{"dagster/max_retries": "1"})
    wait_until(lambda: len(server.runs()) == 2, server.said)
    wait_until(lambda: server.runs()[0].is_over, server.said)
    retried, first = server.runs()
    server.continue_from_failure(retried.run_id)
    wait_until(lambda: len(server.runs()) == 3 and server.runs()[0].is_over, server.said)

    assert {run.status for run in server.runs()} == {"FAILURE"}
    assert retried.tags["dagster/retry_number"] == "1"
    assert states_of(server, "raw") == ["START", "COMPLETE"]
    assert states_of(server, "broken") == ["START", "FAIL"] * 3
    assert breaches(shop(server).events) == []
    roots = {span_attributes(span).get("dagster.root_run_id") for span in shop(server).spans}
    assert roots - {None} == {first.run_id}
    assert len({span["traceId"] for span in shop(server).spans}) == 3


def test_a_run_that_takes_too_long_ends_with_its_dbt_and_its_lineage(server: DevServer) -> None:
    run_id = server.launch("endless")
    wait_until(lambda: "START" in states_of(server, "endless"), server.said)

    with DagsterInstance.from_config(str(server.home)) as instance:
        instance.add_run_tags(run_id, {"dagster/max_runtime": "1"})

    wait_until(lambda: server.runs()[0].is_over, server.said)
    assert server.runs()[0].status == "FAILURE"
    wait_until(lambda: not dbts(server), server.left_over)
    assert states_of(server, "endless") == ["START", "ABORT"]
    assert breaches(shop(server).events) == []


def test_a_terminal_that_is_closed_ends_the_page_the_run_and_its_dbt(server: DevServer) -> None:
    before = len(states_of(server, "endless"))
    server.launch("endless")
    wait_until(lambda: len(states_of(server, "endless")) > before, server.said)

    server.process.kill()  # the terminal

    wait_until(lambda: server.left_over() == [], server.left_over)
    assert states_of(server, "endless")[before:] == ["START", "ABORT"]
    assert breaches(shop(server).events) == []
