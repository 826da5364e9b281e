"""A run whose steps are processes of their own: every node once, and one span for the run."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from floe.testing.otlp_receiver import OtlpReceiver, attributes_of
from tests.integration.otlp.shop import lay_down

pytestmark = pytest.mark.engine
FILES = {
    "dbt/seeds/raw.csv": "id\n1\n1\n",
    "dbt/models/schema.yml": "models: [{name: customers, columns: [{name: id, "
    "data_tests: [{unique: {config: {severity: warn}}}]}]}]",
    "defs.py": """
from floe.adapters.dagster.splitting import Split
from floe.entrypoints.project import open_project

defs = open_project("floe.yaml").definitions(split=Split.LAYER)
""",
    "home/dagster.yaml": "telemetry: {enabled: false}\n",
}


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_every_node_is_one_span_under_one_run(tmp_path: Path, protocol: str) -> None:
    lay_down(tmp_path, FILES)
    with OtlpReceiver() as receiver:
        over_grpc = protocol == "grpc"
        done = subprocess.run(  # noqa: S603
            [
                Path(sys.executable).with_name("dagster"),
                *("asset", "materialize", "--select", "*", "-f", "defs.py"),
            ],
            cwd=tmp_path,
            env=os.environ
            | {
                "DAGSTER_HOME": str(tmp_path / "home"),
                "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
                "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.grpc_endpoint
                if over_grpc
                else receiver.http_endpoint,
                "FLOE_FLUSH_TIMEOUT_S": "30",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=280,
        )
        spans, metrics = receiver.received.spans, receiver.received.metrics

    assert done.returncode == 1, done.stdout[-4000:]
    assert "STEP_WORKER_STARTED" in done.stdout
    assert Counter(span.name for span in spans) == {
        "floe.run shop": 1,
        "dbt build": 2,
        "seed raw": 1,
        "model customers": 1,
        "test unique_customers_id": 1,
        "model broken": 1,
        "model after": 1,
    }
    (run,) = [span for span in spans if span.name.startswith("floe.run")]
    assert {span.trace_id for span in spans} == {run.trace_id}
    assert len({span.span_id for span in spans}) == len(spans)
    for span in spans:
        assert run.start_time_unix_nano <= span.start_time_unix_nano
        assert span.end_time_unix_nano <= run.end_time_unix_nano
        assert attributes_of(span.attributes)["tenant"] == "acme"
    assert attributes_of(run.attributes)["floe.run.result"] == "failure"
    runs = [metric for metric in metrics if metric.name == "floe.run.duration"]
    assert sum(point.count for metric in runs for point in metric.histogram.data_points) == 1
