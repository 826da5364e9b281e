"""Whatever a real run leaves behind, lines, spans and events, names the same things."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from floe.adapters.demo import scaffold

pytestmark = pytest.mark.engine


class Run(NamedTuple):
    """A run from the command line: what it printed, and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str
    spans: Mapping[str, Any]
    events: list[dict[str, Any]]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stderr.splitlines()]

    @property
    def lineage_runs(self) -> set[str]:
        return {event["run"]["runId"] for event in self.events if "run" in event}


def floe_run(project: Path, *arguments: str, **environment: str) -> Run:
    traces, lineage = project / "otlp.jsonl", project / ".floe" / "lineage.jsonl"
    for path in (traces, lineage):
        path.unlink(missing_ok=True)
    to_file = {"FLOE_TRACING__KIND": "file", "FLOE_TRACING__PATH": traces.name}
    done = subprocess.run(  # noqa: S603
        [Path(sys.executable).with_name("floe"), "run", *arguments],
        cwd=project,
        env=os.environ | (environment or to_file),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return Run(
        done.returncode,
        done.stdout,
        done.stderr,
        {span["spanId"]: span for span in _spans(traces)},
        [json.loads(line) for line in lineage.read_text().splitlines()] if lineage.exists() else [],
    )


def _spans(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text().splitlines() if path.exists() else ():
        for resource in json.loads(line).get("resourceSpans", ()):
            for scope in resource["scopeSpans"]:
                yield from scope["spans"]


def _attributes(span: Mapping[str, Any]) -> dict[str, Any]:
    return {pair["key"]: next(iter(pair["value"].values())) for pair in span["attributes"]}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("demo")
    scaffold(project)
    return project


@pytest.fixture(scope="module")
def direct(project: Path) -> Run:
    return floe_run(project, "--log-format", "json", "--orchestrator", "direct")


@pytest.fixture(scope="module")
def by_dagster(project: Path) -> Run:
    return floe_run(project, "--log-format", "json", "--output", "json")


@pytest.fixture(params=["direct", "by_dagster"])
def run(request: pytest.FixtureRequest) -> Run:
    made: Run = request.getfixturevalue(request.param)
    return made


def test_standard_error_is_json_and_nothing_else(direct: Run) -> None:
    assert direct.exit_code == 0
    assert direct.stdout == ""
    assert [line["event"] for line in direct.lines][:1] == ["dbt started"]


def test_every_line_names_a_span_and_a_lineage_run(run: Run) -> None:
    for line in run.lines:
        span = run.spans[line["span_id"]]
        assert line["trace_id"] == span["traceId"]
        assert line["openlineage_run_id"] in run.lineage_runs
        assert line["run_id"] == _attributes(span)["floe.run.id"]


def test_every_span_and_every_event_name_each_other(run: Run) -> None:
    told = {
        (facet["traceId"], facet["spanId"], event["run"]["runId"])
        for event in run.events
        if (facet := event.get("run", {}).get("facets", {}).get("floe_traceContext"))
    }
    shown = {
        (span["traceId"], span["spanId"], _attributes(span)["openlineage.run.id"])
        for span in run.spans.values()
        if not span["name"].startswith("floe.run ")
    }

    assert told == shown
    assert len(run.spans) == len(shown) + 1


def test_every_node_has_one_line(run: Run) -> None:
    lines = [line["node"] for line in run.lines if line["event"] == "node finished"]
    nodes = {
        _attributes(span)["dbt.node.unique_id"]
        for span in run.spans.values()
        if not span["name"].startswith(("floe.run ", "dbt "))
    }

    assert len(lines) == len(nodes)
    assert set(lines) == nodes


def test_a_program_that_reads_progress_gets_the_same_ids(by_dagster: Run) -> None:
    said = [json.loads(line) for line in by_dagster.stdout.splitlines()]
    nodes = [event for event in said if event["type"] == "node.finished"]

    assert nodes
    for event in nodes:
        span = by_dagster.spans[event["span_id"]]
        assert _attributes(span)["dbt.node.unique_id"] == event["node"]
        assert event["lineage_run_id"] in by_dagster.lineage_runs


def test_what_keeps_a_run_from_starting_is_a_line_too(project: Path) -> None:
    run = floe_run(project, "-s", "nosuch", "--orchestrator", "direct", FLOE_LOG_FORMAT="json")

    assert run.exit_code == 4
    assert "nosuch" in run.lines[-1]["event"]
    assert run.lines[-1]["level"] == "error"


@pytest.mark.parametrize(
    ("kind", "warning"),
    [
        (
            "otlp_http",
            "delivery to the OTLP backend: 127.0.0.1 cannot be reached: Connection refused",
        ),
        ("otlp_grpc", r"telemetry did not get through, 3 spans, \d data points lost: UNAVAILABLE"),
    ],
)
def test_a_dead_collector_is_one_warning(project: Path, kind: str, warning: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    run = floe_run(
        project,
        *("-s", "raw_bookings", "--orchestrator", "direct"),
        FLOE_TRACING__KIND=kind,
        FLOE_TRACING__ENDPOINT=f"http://127.0.0.1:{port}",
        FLOE_TRACING__LOGS="true",
    )

    assert run.exit_code == 0
    starts = ("delivery to", "telemetry did", "telemetry is")
    (told,) = [line for line in run.stderr.splitlines() if line.startswith(starts)]
    assert re.match(warning, told)
