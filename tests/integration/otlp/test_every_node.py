"""As many spans arrive as nodes were executed, however the run went and over both protocols.

A run whose steps are processes of their own is in ``test_split_run``.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from floe.testing.otlp_receiver import OtlpReceiver, Received, attributes_of
from tests.integration.otlp.shop import lay_down

pytestmark = [pytest.mark.engine, pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])]
FILES = {
    "dbt/seeds/raw.csv": "id\n1\n2\n",
    "dbt/models/slow.sql": (
        "{{ config(materialized='table') }} select count(*) as n from range(100000000000) as r(i),"
        " {{ ref('raw') }} where md5(cast(i as varchar)) like '00%'"
    ),
    "dbt/models/schema.yml": "models: [{name: customers, columns: [{name: id, "
    "data_tests: [unique, not_null, {accepted_values: {arguments: {values: [1]}}}]}]}]",
}
PATIENT = {"FLOE_FLUSH_TIMEOUT_S": "30"}
"""The receiver is well, and the machine may be busy."""


class Ended(NamedTuple):
    """A run: its exit code, what arrived, and node → status as dbt wrote it down."""

    code: int
    received: Received
    results: dict[str, str]

    @property
    def statuses(self) -> dict[str, str]:
        """Node → status, as its span says; each node has one span."""
        told = [attributes_of(span.attributes) for span in self.received.spans]
        nodes = [said for said in told if "dbt.node.unique_id" in said]
        assert max(Counter(said["dbt.node.unique_id"] for said in nodes).values()) == 1
        return {said["dbt.node.unique_id"]: said["dbt.node.status"] for said in nodes}

    @property
    def others(self) -> list[str]:
        """The names of the spans that are not of nodes."""
        return sorted(
            span.name
            for span in self.received.spans
            if "dbt.node.unique_id" not in attributes_of(span.attributes)
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_down(tmp_path_factory.mktemp("shop"), FILES)


def start(
    project: Path, receiver: OtlpReceiver, protocol: str, *words: str
) -> subprocess.Popen[bytes]:
    over_grpc = protocol == "grpc"
    endpoint = receiver.grpc_endpoint if over_grpc else receiver.http_endpoint
    told = {"OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    (project / "dbt" / "target" / "run_results.json").unlink(missing_ok=True)
    return subprocess.Popen(  # noqa: S603 - floe of this environment
        [
            Path(sys.executable).with_name("floe"),
            *("run", "--orchestrator", "direct", "--output", "json"),
            *words,
        ],
        cwd=project,
        env=os.environ | PATIENT | told,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def run(project: Path, protocol: str, *words: str) -> Ended:
    with OtlpReceiver() as receiver:
        with start(project, receiver, protocol, *words) as process:
            process.communicate(timeout=200)
        results = json.loads((project / "dbt" / "target" / "run_results.json").read_text())
        statuses = {item["unique_id"]: item["status"] for item in results["results"]}
        return Ended(process.returncode, receiver.received, statuses)


def test_of_a_run_that_is_well(project: Path, protocol: str) -> None:
    ended = run(project, protocol, "--select", "raw customers", "--exclude", "accepted_values*")

    assert ended.code == 0
    assert ended.statuses == ended.results
    assert set(ended.results.values()) == {"success", "pass"}
    assert len(ended.results) == 4
    assert ended.others == ["dbt build", "floe.run shop"]


def test_of_a_part_of_the_project(project: Path, protocol: str) -> None:
    ended = run(project, protocol, "--select", "raw")

    assert ended.code == 0
    assert ended.statuses == ended.results == {"seed.shop.raw": "success"}
    assert ended.others == ["dbt build", "floe.run shop"]


def test_of_a_run_that_fails(project: Path, protocol: str) -> None:
    ended = run(project, protocol, "--exclude", "slow")
    failed = [span.name for span in ended.received.spans if span.status.code == 2]

    assert ended.code == 1
    assert ended.statuses == ended.results
    assert set(ended.results.values()) == {"success", "pass", "fail", "skipped"}
    assert sorted(failed)[:2] == ["dbt build", "floe.run shop"]
    assert len(failed) == 3


def test_of_a_run_that_is_broken_off(project: Path, protocol: str) -> None:
    with (
        OtlpReceiver() as receiver,
        start(project, receiver, protocol, "--select", "raw slow") as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if (event["type"], event.get("node")) == ("node.started", "model.shop.slow"):
                process.send_signal(signal.SIGINT)
        ended = Ended(process.wait(120), receiver.received, {})

    assert ended.code == 130
    assert ended.statuses == {"seed.shop.raw": "success", "model.shop.slow": "interrupted"}
    assert ended.others == ["dbt build", "floe.run shop"]
    (whole,) = [span for span in ended.received.spans if span.name == "floe.run shop"]
    assert attributes_of(whole.attributes)["floe.run.result"] == "interrupted"
