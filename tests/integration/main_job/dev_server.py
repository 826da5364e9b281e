"""``floe dev`` in a process of its own, asked as its page asks it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from tests.integration.engines.process import LOOPBACK, free_port
from tests.integration.main_job.conftest import clean_environment

PATIENCE_S = 240.0
_LOCATIONS = """{ workspaceOrError { ... on Workspace { locationEntries {
  name loadStatus locationOrLoadError { __typename ... on PythonError { message } } } } } }"""
_RUNS = (
    """{ runsOrError { ... on Runs { results { runId status endTime tags { key value } } } } }"""
)
_LAUNCH = """mutation ($asked: ExecutionParams!) { launchRun(executionParams: $asked) {
  __typename ... on LaunchRunSuccess { run { runId } } } }"""
_FROM_FAILURE = """mutation ($run: String!) {
  launchRunReexecution(reexecutionParams: {parentRunId: $run, strategy: FROM_FAILURE}) {
    __typename ... on LaunchRunSuccess { run { runId } } } }"""
_FLOE = (sys.executable, "-m", "floe")
_TERMINAL = "import pty, sys; pty.spawn(sys.argv[1:])"
_RELOAD = """mutation ($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) {
  __typename } }"""


class DevRun(NamedTuple):
    """A run as the page shows it."""

    run_id: str
    status: str
    is_over: bool
    tags: Mapping[str, str]


class DevServer(NamedTuple):
    """A page that is served for the project in *folder*."""

    port: int
    process: "subprocess.Popen[bytes]"
    folder: Path
    log: Path

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def home(self) -> Path:
        """Dagster's, where it keeps its runs."""
        return self.folder / ".floe/state/dagster"

    def said(self) -> str:
        """Return what the server has written so far."""
        return self.log.read_text(encoding="utf-8")

    def ask(self, query: str, **variables: Any) -> Any:
        """Return the data of the answer to a GraphQL *query*."""
        request = urllib.request.Request(  # noqa: S310 - the loopback
            f"{self.address}/graphql",
            data=json.dumps({"query": query, "variables": variables}).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310 - the loopback
            return json.load(answer)["data"]

    def locations(self) -> Mapping[str, str]:
        """Return name of a code location → ``RepositoryLocation``, or the error of loading it."""
        found = {}
        for entry in self.ask(_LOCATIONS)["workspaceOrError"]["locationEntries"]:
            loaded = entry["locationOrLoadError"] or {}
            if entry["loadStatus"] == "LOADED" and loaded:
                found[entry["name"]] = loaded.get("message", loaded["__typename"])
        return found

    def reload(self) -> None:
        """Do what *Reload definitions* does, and return when it is done."""
        for name in self.locations():
            self.ask(_RELOAD, name=name)

    def launch(self, *assets: str, **tags: str) -> str:
        """Start a run of *assets*, as *Materialize* does, and return its id."""
        (location,) = self.locations()
        asked = {
            "mode": "default",
            "selector": {
                "repositoryLocationName": location,
                "repositoryName": "__repository__",
                "jobName": "__ASSET_JOB",
                "assetSelection": [{"path": [name]} for name in assets],
            },
            "executionMetadata": {
                "tags": [{"key": key, "value": text} for key, text in tags.items()]
            },
        }
        run_id: str = self.ask(_LAUNCH, asked=asked)["launchRun"]["run"]["runId"]
        return run_id

    def continue_from_failure(self, run_id: str) -> str:
        """Do what *Re-execute from failure* does, and return the id of the new run."""
        answer = self.ask(_FROM_FAILURE, run=run_id)["launchRunReexecution"]
        new: str = answer["run"]["runId"]
        return new

    def runs(self) -> list[DevRun]:
        """Return all runs, the latest first."""
        return [
            DevRun(
                run["runId"],
                run["status"],
                run["endTime"] is not None,
                {tag["key"]: tag["value"] for tag in run["tags"]},
            )
            for run in self.ask(_RUNS)["runsOrError"]["results"]
        ]

    def stop(self) -> int:
        """Interrupt the command as Ctrl-C does, and return its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)

    def left_over(self) -> list[str]:
        """Return what still runs of all that was started with the Dagster home of the project."""
        home = f"DAGSTER_HOME={self.home}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if home in (process / "environ").read_bytes().split(b"\0"):
                    words = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                    found.append(words.decode(errors="replace"))
        return found


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[DevServer]:
    """Serve the project in *folder* until the block ends; enter it when the project is loaded."""
    with serving_by(folder, [*_FLOE, "dev"], clean_environment() | environment) as server:
        yield server


@contextmanager
def serving_in_terminal(folder: Path) -> Iterator[DevServer]:
    """Serve the project in *folder*; the server's process is the terminal it was typed into."""
    typed = [sys.executable, "-c", _TERMINAL, *_FLOE, "dev"]
    with serving_by(folder, typed, clean_environment()) as server:
        yield server


@contextmanager
def serving_by(
    folder: Path, command: Sequence[str], environment: Mapping[str, str]
) -> Iterator[DevServer]:
    """Serve the project in *folder* by *command*, which takes a port."""
    log = folder / "dev.log"
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--port", str(port)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    server = DevServer(port, process, folder, log)
    try:
        _wait_until_loaded(server)
        yield server
    finally:
        if process.poll() is None:
            server.stop()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _wait_until_loaded(server: DevServer) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert server.process.poll() is None, server.said()
        assert time.monotonic() < deadline, server.said()
        with suppress(OSError):
            if server.locations():
                return
        time.sleep(0.5)
