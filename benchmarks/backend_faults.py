"""What a lineage backend in trouble costs a run: floe beside dbt-ol, on the same project.

    python benchmarks/backend_faults.py [--faults refuse,hang] [--select MODEL] [--page FILE]

Each row builds a part of floe's demonstration project (DuckDB, seeds to tests) while the backend,
a server on the loopback, fails in one way. The backend then recovers and what waits is sent again:
floe has ``floe lineage replay`` for that, dbt-ol has nothing. What a fault costs is the time from
dbt's own end, when it writes its results, to that of the command: so a busy machine, which builds
slower or faster each time, does not blur it. dbt-ol is the one beside this Python or on the PATH
unless ``--dbt-ol`` names another; without one its columns stay empty and the table says so.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from floe.testing.fault_server import FaultServer, Mode

LONGEST_S = 900
UNKNOWN_HOST = "unknown_host"
WITHOUT = "no lineage"
FAULTS: Mapping[str, str] = {
    Mode.OK: "works",
    Mode.REFUSE: "the port is closed",
    Mode.HANG: "takes a minute to answer",
    Mode.SERVER_ERROR: "answers 500",
    Mode.UNAUTHORIZED: "answers 401",
    Mode.TOO_MANY: "answers 429 with Retry-After",
    Mode.TOO_MANY_MUTE: "answers 429 without it",
    Mode.SLOW: "takes a fifth of a second for each request",
    Mode.FLAPPING: "fails every second request",
    UNKNOWN_HOST: "its name is unknown",
    Mode.UNAVAILABLE: "answers 503 with Retry-After",
    Mode.REDIRECT: "redirects to a sign-in page",
    Mode.RESET: "resets the connection",
    Mode.DRIP: "answers a byte at a time",
    Mode.GARBAGE: "answers with garbage",
}
USUAL = ",".join(list(FAULTS)[:10])
SELECTED = ("+stg_bookings", "+stg_sailings")
"""Two seeds, two views and their tests: what takes long is the backend, not the build."""
_TAKEN = ("FLOE_", "OPENLINEAGE_", "OTEL_", "DBT_", "DAGSTER_")


class Ended(NamedTuple):
    """A command that has ended: its exit code, and the seconds from dbt's own end to its end."""

    code: int
    seconds: float


class Row(NamedTuple):
    """What one tool did under one fault."""

    tool: str
    fault: str
    exit_code: int
    after_s: float
    during: int
    after: int
    expected: int
    repeated: int


class Project:
    """The demonstration project in a folder of its own."""

    def __init__(self, folder: Path, selection: Sequence[str]) -> None:
        self.folder = folder
        self._selection = [word for name in selection for word in ("--select", name)]
        self.floe("init", str(folder), cwd=folder.parent)

    def floe(self, *words: str, cwd: Path | None = None) -> Ended:
        """Run floe with *words*."""
        return run([sys.executable, "-m", "floe", *words], cwd or self.folder, {})

    def without_lineage(self) -> Ended:
        """Build without a backend."""
        self._settings("lineage: {kind: noop}\n")
        return self._run()

    def with_lineage(self, url: str) -> Ended:
        """Build and send to *url*."""
        self._settings(f"lineage: {{kind: http, url: '{url}'}}\n")
        return self._run()

    def replay(self, url: str) -> Ended:
        """Send what waits to *url*."""
        self._settings(f"lineage: {{kind: http, url: '{url}'}}\n")
        return self.floe("lineage", "replay", "--timeout", "120")

    def forget_events(self) -> None:
        """Remove the outbox."""
        shutil.rmtree(self.folder / ".floe" / "state", ignore_errors=True)

    def dbt(self, tool: str, url: str | None = None) -> Ended:
        """Build with *tool*, dbt or dbt-ol, from the profile that floe writes."""
        directories = ["--project-dir", "dbt", "--profiles-dir", str(self.folder / "profiles")]
        more = {} if url is None else {"OPENLINEAGE_URL": url.removesuffix("/api/v1/lineage")}
        path = f"{Path(tool).resolve().parent}{os.pathsep}{os.environ['PATH']}"
        more |= {"OPENLINEAGE_NAMESPACE": "benchmark", "PATH": path}
        return run([tool, "build", *directories, *self._selection], self.folder, more)

    def write_profile(self) -> None:
        """Write the profile that ``dbt`` uses."""
        self.floe("profiles")
        written = next(path for path in self.folder.rglob("profiles.yml") if path.is_file())
        target = self.folder / "profiles"
        target.mkdir(exist_ok=True)
        if written.parent != target:
            shutil.copy(written, target / "profiles.yml")

    def _run(self) -> Ended:
        return self.floe("run", "--orchestrator", "direct", "--output", "plain", *self._selection)

    def _settings(self, text: str) -> None:
        (self.folder / "floe.settings.yaml").write_text(text + "tracing: {kind: noop}\n")


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run *command* in a clean environment and time it."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith(_TAKEN)}
    started = time.time()
    try:
        code = subprocess.run(
            command,
            cwd=folder,
            env=clean | dict(environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=LONGEST_S,
        ).returncode
    except subprocess.TimeoutExpired:
        code = -1
    ended = time.time()
    results = [path.stat().st_mtime for path in folder.rglob("run_results.json")]
    return Ended(code, ended - max([started, *results]))


def floe_row(project: Project, fault: str, expected: int) -> Row:
    """Build with floe under *fault*, let the backend recover, and replay."""
    project.forget_events()
    with FaultServer() as backend:
        url = address(backend, fault)
        built = project.with_lineage(url)
        during = len(backend.received)
        backend.mode = Mode.OK
        project.replay(backend.url)
        bodies = Counter(backend.bodies)
    return Row(
        "floe",
        fault,
        built.code,
        built.seconds,
        during,
        len(bodies),
        expected or len(bodies),
        sum(bodies.values()) - len(bodies),
    )


def dbt_ol_row(project: Project, tool: str, fault: str, expected: int) -> Row:
    """Build with dbt-ol under *fault*; it keeps nothing that could be sent later."""
    with FaultServer() as backend:
        built = project.dbt(tool, address(backend, fault))
        bodies = Counter(backend.bodies)
    return Row(
        "dbt-ol",
        fault,
        built.code,
        built.seconds,
        sum(bodies.values()),
        len(bodies),
        expected or len(bodies),
        sum(bodies.values()) - len(bodies),
    )


def address(backend: FaultServer, fault: str) -> str:
    """Put *backend* into *fault* and return the address to send to."""
    if fault == UNKNOWN_HOST:
        return "http://no-such-host.invalid/api/v1/lineage"
    backend.mode = Mode(fault)
    return backend.url


def measure_floe(project: Project, faults: Sequence[str]) -> list[Row]:
    """Return a row for each fault, after one without lineage."""
    project.without_lineage()  # the first parse is paid before anything is measured
    idle = statistics.median(project.without_lineage().seconds for _ in range(3))
    rows = [Row("floe", WITHOUT, 0, idle, 0, 0, 0, 0)]
    expected = floe_row(project, Mode.OK, 0).after
    return rows + [shown(floe_row(project, fault, expected)) for fault in faults]


def measure_dbt_ol(project: Project, tool: str, faults: Sequence[str]) -> list[Row]:
    """Return a row for each fault, beside plain dbt of the same installation."""
    project.write_profile()
    project.dbt(str(Path(tool).with_name("dbt")))
    expected = dbt_ol_row(project, tool, Mode.OK, 0).after
    return [shown(dbt_ol_row(project, tool, fault, expected)) for fault in faults]


def shown(row: Row) -> Row:
    """Print *row* as progress and return it."""
    print("  ", *row, file=sys.stderr)
    return row


def table(faults: Sequence[str], rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, a line for each fault."""
    by_key = {(row.tool, row.fault): row for row in rows}
    heads = [
        "the backend",
        "floe: exit",
        "seconds after dbt",
        "arrived",
        "after replay",
        "repeated",
    ]
    heads += ["dbt-ol: exit", "seconds after dbt", "arrived"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for fault in faults:
        ours, theirs = by_key.get(("floe", fault)), by_key.get(("dbt-ol", fault))
        cells = [FAULTS[fault], *_cells(ours, replays=True), *_cells(theirs, replays=False)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cells(row: Row | None, *, replays: bool) -> list[str]:
    if row is None:
        return ["-"] * (5 if replays else 3)
    code = "stopped" if row.exit_code < 0 else str(row.exit_code)
    cells = [code, f"{row.after_s:.1f}", f"{row.during} of {row.expected}"]
    if replays:
        cells += [f"{row.after} of {row.expected}", str(row.repeated)]
    return cells


PAGE = """# When the lineage backend fails

What a backend in trouble costs a run, floe beside dbt-ol: the same part of the demonstration
project on DuckDB, a backend on the loopback that fails in one way,
{machine}.

{table}

*Seconds after dbt* is the time from dbt's own end to that of the command, which is {idle:.1f} for
floe without lineage. *Arrived* is what the backend had taken when the command came back, of all
events that the tool sends; *after replay*, once the backend works again and `floe lineage replay`
was run. *Repeated* counts events that arrived more than once, byte for byte the same. dbt-ol has
nothing to send what it lost. A dash is what was not measured.

```text
{command}
```

measures this on your machine, and writes this page. `--faults all` has more ways to fail. A machine
that is busy with other things shows in the seconds of every line alike; the counts do not depend on
it.
"""


def page(result: str, idle_s: float) -> str:
    """Return *result* as a page of the documentation."""
    names = ("floe", "dbt-core", "openlineage-dbt")
    versions = ", ".join(f"{name} {version(name)}" for name in names if _is_installed(name))
    machine = f"on {os.cpu_count()} cores with {versions}"
    command = "python benchmarks/backend_faults.py --page docs/benchmarks-faults.md"
    return PAGE.format(machine=machine, table=result, command=command, idle=idle_s)


def _is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def main() -> None:
    """Measure, and print the table."""
    beside = Path(sys.executable).with_name("dbt-ol")
    tool = str(beside) if beside.exists() else shutil.which("dbt-ol")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--dbt-ol", default=tool, help="the dbt-ol to measure")
    parser.add_argument("--faults", default=USUAL, help="some of the faults, or all")
    usual = " and ".join(SELECTED)
    parser.add_argument("--select", action="append", help=f"what to build, {usual} if not given")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    parser.add_argument("--page", type=Path, help="also write the table as this page")
    chosen = parser.parse_args()
    faults = list(FAULTS) if chosen.faults == "all" else chosen.faults.split(",")
    selection = chosen.select or SELECTED
    with tempfile.TemporaryDirectory() as folder:
        rows = measure_floe(Project(Path(folder) / "floe", selection), faults)
        if chosen.dbt_ol:
            rows += measure_dbt_ol(
                Project(Path(folder) / "dbt_ol", selection), chosen.dbt_ol, faults
            )
    result = table(faults, rows)
    print(result)
    if not chosen.dbt_ol:
        print("\ndbt-ol is not installed (pip install openlineage-dbt): its columns are empty.")
    if chosen.json:
        chosen.json.write_text(json.dumps([row._asdict() for row in rows], indent=1) + "\n")
    if chosen.page:
        chosen.page.write_text(page(result, rows[0].after_s))


if __name__ == "__main__":
    main()
