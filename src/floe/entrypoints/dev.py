"""Dagster's web page on the project."""

import os
import signal
import subprocess
import sys
from importlib.util import find_spec

from floe.domain.model.errors import EnvironmentNotReadyError, Problem
from floe.entrypoints.project import Project

_GRACE_S = 30.0
"""Seconds that Dagster gets to end its servers."""


def serve(project: Project, port: int) -> int:
    """Serve the page on localhost until it is stopped, and return the exit code.

    Raises:
        EnvironmentNotReadyError: Dagster's web server is not installed.
        ConfigurationError: The project cannot be loaded.
    """
    if find_spec("dagster_webserver") is None:
        problem = Problem("Dagster's web page is not installed", fix="pip install 'floe[dev-ui]'")
        raise EnvironmentNotReadyError(problem)
    project.dagster_services()
    home = project.state_dir / "dagster"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = {
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        **os.environ,
        "FLOE_ARTIFACTS": str(project.plan.pipeline.source),
    }
    command = [sys.executable, "-m", "dagster", "dev", "--host", "127.0.0.1", "--port", str(port)]
    print(f"http://127.0.0.1:{port} (loading; stop with Ctrl-C)", file=sys.stderr)  # noqa: T201
    with subprocess.Popen(  # noqa: S603 - a fixed command, no shell
        [*command, "--module-name", "floe.entrypoints.dagster"],
        env=environment,
        start_new_session=True,  # an interrupt reaches it once, from here
    ) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            return _stopped(process)


def _stopped(process: subprocess.Popen[bytes]) -> int:
    """Stop Dagster, its own children included, and return its exit code."""
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()
