"""Runs of a real project in processes of their own, and what is left of them."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.integration.main_job.conftest import Shop, clean_environment

ROOT = Path(__file__).parents[3]
DAGSTER = str(Path(sys.executable).with_name("dagster"))
PATIENCE_S = 420.0


class Location:
    """A project with a Dagster home, whose assets are materialized by a command."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.shop = Shop(folder)
        self.home = folder / ".dagster"
        self.home.mkdir(exist_ok=True)
        (self.home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
        self.loaded = self.home / "loaded"
        self.out = self.home / "out"
        self.environment = {
            **clean_environment(),
            "DAGSTER_HOME": str(self.home),
            "FLOE_ARTIFACTS": str(folder / "floe.yaml"),
            "LOADED": str(self.loaded),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}",
            "PYTHONUNBUFFERED": "1",
            **environment,
        }

    def start(
        self, selection: str = "*", *, config: object = None, **environment: str
    ) -> "subprocess.Popen[bytes]":
        module = "tests.integration.dagster.project_location"
        configured = ["--config-json", json.dumps(config)] if config else []
        with self.out.open("wb") as output:
            return subprocess.Popen(  # noqa: S603 - dagster of this environment
                [DAGSTER, "asset", "materialize", "--select", selection, "-m", module, *configured],
                cwd=ROOT,
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def run(self, selection: str = "*", **environment: str) -> int:
        process = self.start(selection, **environment)
        try:
            return process.wait(PATIENCE_S)
        finally:
            process.kill()

    def said(self) -> str:
        return self.out.read_text(encoding="utf-8")

    def processes(self) -> Mapping[int, str]:
        """Return pid → command of every process that belongs to the project and lives."""
        mark = f"DAGSTER_HOME={self.home}".encode()
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    words = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(process.name)] = words.decode(errors="replace")
        return found

    def dbts(self) -> list[int]:
        """Return the processes in which dbt runs."""
        return [pid for pid, words in self.processes().items() if "fork_server" in words]

    def states_of(self, node: str) -> list[str]:
        """Return what lineage was told of the runs of *node*."""
        return [
            event["eventType"]
            for event in self.shop.events
            if event["job"]["name"].rpartition(".")[2] == node
        ]


def parent_of(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("PPid:")[2].split()[0])


def wait_until(is_so: Callable[[], bool], why: Callable[[], object] = str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain: {why()}"
        time.sleep(0.1)


def one_trace_under_one_run(location: Location) -> tuple[set[str], set[str]]:
    """Return the traces of all spans and the runs that all events are under."""
    traces = {span["traceId"] for span in location.shop.spans}
    return traces, {root_of(event) for event in location.shop.events}


def root_of(event: Mapping[str, Any]) -> str:
    root: str = event["run"]["facets"]["parent"]["root"]["run"]["runId"]
    return root
