"""Loading definitions, and steps in a process that has loaded them: floe beside dagster-dbt."""

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from benchmarks.measuring import cost_of
from benchmarks.page import against, table
from benchmarks.projects import first_model
from benchmarks.workspace import dbt, prepared

_TOOLS = ("floe", "dagster-dbt")
_WARM = {"FLOE_DBT__KIND": "warm"}
_LONGEST_WHOLE = {"floe": 5000, "dagster-dbt": 1000}
"""Assets beyond which a whole run of a tool takes too long: dagster-dbt's grows with the cube."""
_REPEATED = 200
"""Assets beyond which a whole run takes too long to be repeated."""

Reports: TypeAlias = Sequence[Mapping[str, Any]]


class DeployedCosts(NamedTuple):
    """What the processes of each tool reported: tool → reports, one a round."""

    loads: dict[str, list[Mapping[str, Any]]]
    wholes: dict[str, list[Mapping[str, Any]]]
    ones: dict[str, list[Mapping[str, Any]]]


def deployed_costs(
    folder: Path, assets: int, environ: Mapping[str, str], rounds: int
) -> DeployedCosts:
    """Return the costs of both tools, in alternation; floe's dbt is warm, as deployed."""
    costs = DeployedCosts(_nothing(), _nothing(), _nothing())
    environ = {**environ, **_WARM}
    one = ("--select", first_model(assets))
    homes = {tool: _seeded(folder / tool, assets, environ) for tool in _TOOLS}
    for tool in _TOOLS:
        _report(homes[tool], environ, tool)  # floe parses a project that it does not know
    for number in range(rounds):
        for tool in _TOOLS:
            costs.loads[tool].append(_report(homes[tool], environ, tool))
            costs.ones[tool].append(_report(homes[tool], environ, tool, "--times", "2", *one))
            if assets <= (_LONGEST_WHOLE[tool] if number == 0 else _REPEATED):
                times = "2" if assets <= _LONGEST_WHOLE["dagster-dbt"] else "1"
                costs.wholes[tool].append(_report(homes[tool], environ, tool, "--times", times))
    return costs


def loading_costs(
    folder: Path, assets: int, environ: Mapping[str, str], rounds: int
) -> dict[str, list[float]]:
    """Return tool → seconds of CPU of each loading of the definitions, in alternation."""
    homes = {tool: prepared(folder / tool, assets, environ) for tool in _TOOLS}
    for tool in _TOOLS:
        _report(homes[tool], environ, tool)  # floe parses a project that it does not know
    loads: dict[str, list[float]] = {tool: [] for tool in _TOOLS}
    for _ in range(rounds):
        for tool in _TOOLS:
            loads[tool].append(_report(homes[tool], environ, tool)["load_cpu_s"])
    return loads


def _seeded(folder: Path, assets: int, environ: Mapping[str, str]) -> Path:
    """Prepare a project whose seeds are loaded, so that one model can run alone."""
    if cost_of(dbt("seed"), prepared(folder, assets, environ), environ).code:
        raise SystemExit(f"dbt seed failed in {folder}")
    return folder


def _nothing() -> dict[str, list[Mapping[str, Any]]]:
    return {tool: [] for tool in _TOOLS}


def _report(folder: Path, environ: Mapping[str, str], tool: str, *words: str) -> Mapping[str, Any]:
    command = [sys.executable, "-m", "benchmarks.deployed", tool, *words]
    done = subprocess.run(
        command, cwd=folder, env=dict(environ), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    report: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"  {tool} {' '.join(words) or 'loaded'}", flush=True)
    return report


def deployed_table(costs: Mapping[int, DeployedCosts]) -> str:
    """Return a row for each question and size, with its goal."""
    rows = []
    for assets, found in costs.items():
        rows += [
            _row(f"load definitions, {assets} assets: wall", "s", _loads(found, "load_s"), 0.5),
            _row(
                f"load definitions, {assets} assets: memory",
                "MiB",
                _loads(found, "load_peak_mib"),
                0.7,
            ),
            _row(f"a step of all {assets} assets: wall", "s", _runs(found.wholes, "wall_s"), 0.25),
            _row(
                f"a step of all {assets} assets: CPU outside dbt",
                "s",
                _runs(found.wholes, "own_cpu_s"),
                0.3,
            ),
            _row(f"one model out of {assets}: wall", "s", _runs(found.ones, "wall_s"), 0.2),
        ]
    return table(["what", "floe", "dagster-dbt", "ratio"], [row for row in rows if row])


def _loads(found: DeployedCosts, field: str) -> list[list[float]]:
    return [[report[field] for report in found.loads[tool]] for tool in _TOOLS]


def _runs(reports: Mapping[str, Reports], field: str) -> list[list[float]]:
    """Return the last run of each process: the first one imports what both import once."""
    return [[report["runs"][-1][field] for report in reports[tool]] for tool in _TOOLS]


def _row(what: str, unit: str, found: Sequence[Sequence[float]], goal: float) -> list[str]:
    floe, peer = found
    if not floe:
        return []
    ours = f"{statistics.median(floe):.2f} {unit}"
    if not peer:
        return [what, ours, "too long", ""]
    theirs = statistics.median(peer)
    return [what, ours, f"{theirs:.2f} {unit}", against(statistics.median(floe) / theirs, goal)]
