"""floe beside its peers, in one run on one machine: ``python -m benchmarks [--sizes 8,200]``.

Every command builds the same project on DuckDB from the same state, in alternation; medians and
ratios go to docs/benchmarks.md. CPU is that of the command and the children it waited for, peak
memory that of its largest process. A peer that is not installed is left out and named.
"""

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from benchmarks.projects import write_project

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BIN = Path(sys.executable).parent
PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb", "dagster", "dagster-dbt", "openlineage-python")
CONTRACT = """\
name: bench
version: "1.0.0"
compute: {target: duckdb, properties: {path: warehouse.duckdb, threads: 4}}
transforms: [{type: dbt, path: .}]
"""
SETTINGS = """\
lineage: {kind: file, path: .floe/lineage.jsonl}
tracing: {kind: file, path: .floe/traces.jsonl}
"""
PEER = """\
import sys
from pathlib import Path
from dagster import materialize
from dagster_dbt import DbtCliResource, dbt_assets
here = Path.cwd()

@dbt_assets(manifest=here / "target" / "manifest.json")
def assets(context, dbt: DbtCliResource):
    yield from dbt.cli(["build"], context=context).stream()

dbt = DbtCliResource(project_dir=str(here), profiles_dir=str(here / ".floe" / "profiles"))
sys.exit(0 if materialize([assets], resources={"dbt": dbt}).success else 1)
"""


class Cost(NamedTuple):
    """What one run of a command cost: seconds of wall and CPU, MiB at the peak, its exit code."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    code: int


def commands() -> Mapping[str, Sequence[str]]:
    """Return what is compared, by its name in the table."""
    floe = [sys.executable, "-m", "floe", "run", "--output", "plain"]
    found = {
        "dbt build": [str(BIN / "dbt"), "build", "--profiles-dir", ".floe/profiles"],
        "floe run --orchestrator direct": [*floe, "--orchestrator", "direct"],
        "floe run (Dagster)": floe,
        "dagster-dbt, materialize()": [sys.executable, "peer.py"],
    }
    wrapper = shutil.which("dbt-ol", path=f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}")
    if wrapper:
        found["dbt-ol build"] = [wrapper, "build", "--profiles-dir", ".floe/profiles"]
    return found


def cost_of(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Cost:
    """Run *command* in *folder* to its end, in a process that reports only its own children."""
    reading, writing = os.pipe()
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        code = subprocess.run(
            command,
            cwd=folder,
            env=dict(environ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        os.write(
            writing, f"{used.ru_utime + used.ru_stime} {used.ru_maxrss / 1024} {code}".encode()
        )
        os._exit(0)
    os.waitpid(pid, 0)
    wall = time.perf_counter() - started
    cpu, peak, exit_code = os.read(reading, 100).decode().split()
    os.close(reading)
    os.close(writing)
    return Cost(wall, float(cpu), float(peak), int(exit_code))


def prepared(folder: Path, assets: int, environ: Mapping[str, str]) -> None:
    """Write the project and build it once with dbt, so that all begin from the same state."""
    write_project(folder, assets)
    (folder / "floe.yaml").write_text(CONTRACT)
    (folder / "floe.settings.yaml").write_text(SETTINGS)
    (folder / "peer.py").write_text(PEER)
    cost_of([sys.executable, "-m", "floe", "profiles"], folder, environ)
    cost_of(commands()["dbt build"], folder, environ)


def measured(assets: int, rounds: int) -> dict[str, list[Cost]]:
    """Return the costs of every command on a project of *assets*, in alternating rounds."""
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    environ = {**os.environ, "PATH": path, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    environ |= {"OPENLINEAGE__TRANSPORT__TYPE": "file", "DAGSTER_DISABLE_TELEMETRY": "yes"}
    environ |= {"OPENLINEAGE__TRANSPORT__LOG_FILE_PATH": "lineage-of-peer"}
    environ |= {"OPENLINEAGE__TRANSPORT__APPEND": "true"}
    costs: dict[str, list[Cost]] = {name: [] for name in commands()}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepared(folder, assets, environ)
        for command in commands().values():
            cost_of(command, folder, environ)
        for _ in range(rounds):
            for name, command in commands().items():
                costs[name].append(cost_of(command, folder, environ))
                print(f"{assets} assets  {name}: {costs[name][-1].wall_s:.1f} s")
    return costs


def table(costs: Mapping[str, Sequence[Cost]]) -> str:
    """Return medians, and their ratios to ``dbt build``, as a Markdown table."""
    base = costs["dbt build"]
    lines = [
        "| | wall s | CPU s | peak MiB | wall ratio | CPU ratio |",
        "|---|---|---|---|---|---|",
    ]
    for name, runs in costs.items():
        failed = sum(run.code != 0 for run in runs)
        shown = f"{name} ({failed} of {len(runs)} failed)" if failed else name
        wall, cpu = median(runs, "wall_s"), median(runs, "cpu_s")
        lines.append(
            f"| {shown} | {wall:.1f} | {cpu:.1f} | {median(runs, 'peak_mib'):.0f} "
            f"| {wall / median(base, 'wall_s'):.2f} | {cpu / median(base, 'cpu_s'):.2f} |"
        )
    return "\n".join(lines)


def median(runs: Sequence[Cost], field: str) -> float:
    """Return the median of *field* over *runs*."""
    return statistics.median(float(getattr(run, field)) for run in runs)


def installed() -> str:
    """Return the versions of what was compared."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} not installed")
    return ", ".join(found)


def main() -> None:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="8,200", help="assets in each project, by commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    parts = [
        "# Benchmarks",
        "Written by `make bench`: medians of whole commands, in alternation. Ratios travel.",
        f"Python {platform.python_version()}, {os.cpu_count()} cores; {installed()}.",
        f"{options.rounds} rounds after one that was not counted; floe's lineage and traces on.",
    ]
    for size in options.sizes.split(","):
        parts += [
            f"## {size} assets, and half as many tests",
            table(measured(int(size), options.rounds)),
        ]
    if "dbt-ol build" not in commands():
        parts.append("dbt-ol (openlineage-dbt) was not installed and is left out.")
    options.page.write_text("\n\n".join(parts) + "\n")
    print(f"wrote {options.page}")


if __name__ == "__main__":
    main()
