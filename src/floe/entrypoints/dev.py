"""Dagster's web page on the project."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from floe.domain.model.errors import EnvironmentNotReadyError, Problem
from floe.entrypoints.project import Project

_HOST = "127.0.0.1"
_GRACE_S = 30.0
"""Seconds that Dagster gets to end its servers, and then a run to end itself."""
_POLL_S = 0.2
_MARK = "# written by `floe dev`, anew at each start; without this line the file is yours"
_SUPERSEDED = "Function `dev_command` is superseded"
"""How Dagster's warning begins that there is a newer command, of a package we do not need."""


def serve(project: Project, port: int) -> int:
    """Serve the page on localhost until it is stopped, and return the exit code.

    Raises:
        EnvironmentNotReadyError: Dagster's web server is not installed, or *port* is taken.
        ConfigurationError: The project cannot be loaded.
    """
    if find_spec("dagster_webserver") is None:
        problem = Problem("Dagster's web page is not installed", fix="pip install 'floe[dev-ui]'")
        raise EnvironmentNotReadyError(problem)
    _require_free(port)
    project.dagster_services()
    home = project.state_dir / "dagster"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_unless_theirs(home / "dagster.yaml", instance_settings(project))
    write_unless_theirs(home / "workspace.yaml", _workspace(project))
    environment = {
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        **os.environ,
        "FLOE_ARTIFACTS": str(project.plan.pipeline.source),
    }
    signal.signal(signal.SIGHUP, _interrupt)
    _say(f"loading {project.plan.pipeline.name}; stop with Ctrl-C")
    with subprocess.Popen(  # noqa: S603 - a fixed command, no shell
        [
            *(sys.executable, "-W", f"ignore:{_SUPERSEDED}", "-m", "dagster", "dev"),
            *("--host", _HOST, "--port", str(port), "--workspace", str(home / "workspace.yaml")),
            *("--log-level", "warning"),
        ],
        env=environment,
        start_new_session=True,  # an interrupt reaches it once, from here
    ) as process:
        try:
            _wait_for_page(process, port)
            return process.wait()
        except KeyboardInterrupt:
            return _stopped(process)
        finally:
            _end_others(process.pid)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except (OSError, OverflowError) as error:
            fix = "stop what listens there, or choose another with --port"
            raise EnvironmentNotReadyError(
                Problem(f"the page cannot be served on port {port}: {error}", fix=fix)
            ) from error


def _wait_for_page(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        with suppress(OSError), socket.create_connection((_HOST, port), timeout=1):
            _say(f"http://{_HOST}:{port}")
            return
        time.sleep(_POLL_S)


def instance_settings(project: Project) -> dict[str, object]:
    """Return what Dagster is to do in a folder of our own: nothing that calls home.

    DuckDB lets one process write: there a run waits until the one before it has ended.
    """
    settings: dict[str, object] = {"telemetry": {"enabled": False}, "nux": {"enabled": False}}
    compute = project.plan.pipeline.compute
    if compute is not None and compute.target == "duckdb":
        settings["concurrency"] = {"runs": {"max_concurrent_runs": 1}}
    return settings


def _workspace(project: Project) -> dict[str, object]:
    """Return one code location with the name of the pipeline."""
    location = {
        "module_name": "floe.entrypoints.dagster",
        "location_name": project.plan.pipeline.name,
        "working_directory": str(project.plan.project_root),
    }
    return {"load_from": [{"python_module": location}]}


def write_unless_theirs(path: Path, content: dict[str, object]) -> None:
    """Write *content* as YAML, of which JSON is a part, unless somebody made the file theirs."""
    if path.exists() and not path.read_text(encoding="utf-8").startswith(_MARK):
        return
    path.write_text(f"{_MARK}\n{json.dumps(content, indent=2)}\n", encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _stopped(process: subprocess.Popen[bytes]) -> int:
    """Stop Dagster and return its exit code."""
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _end_others(group: int) -> None:
    """End what Dagster leaves behind; a run first gets to stop dbt and to end its lineage."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _GRACE_S
        with suppress(ProcessLookupError):
            os.killpg(group, number)
            while time.monotonic() < deadline:
                os.killpg(group, 0)
                time.sleep(_POLL_S)
