"""Commands that run no pipeline, and should feel as if they did nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.measuring import Cost, cost_of, median, ratio
from benchmarks.page import against, table
from benchmarks.workspace import BIN, floe

_BASE = "dbt --version"
_COMMANDS = {
    _BASE: [str(BIN / "dbt"), "--version"],
    "floe --help": floe("--help"),
    "floe profiles": floe("profiles"),
}
_GOAL = 0.1


def small_costs(folder: Path, environ: Mapping[str, str], rounds: int) -> dict[str, list[Cost]]:
    """Return the costs of every command, in alternation."""
    costs: dict[str, list[Cost]] = {name: [] for name in _COMMANDS}
    for number in range(rounds + 1):
        for name, command in _COMMANDS.items():
            cost = cost_of(command, folder, environ)
            if number:
                costs[name].append(cost)
    return costs


def small_table(costs: Mapping[str, Sequence[Cost]]) -> str:
    """Return medians and ratios; ``dbt --version`` imports every adapter that is installed."""
    rows = [
        [
            name,
            f"{median(runs, 'wall_s'):.2f}",
            f"{median(runs, 'cpu_s'):.2f}",
            "" if name == _BASE else against(ratio(runs, costs[_BASE], "wall_s"), _GOAL),
        ]
        for name, runs in costs.items()
    ]
    return table(["command", "wall s", "CPU s", f"wall, against {_BASE}"], rows)
