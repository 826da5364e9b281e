"""Whole commands from a shell: floe beside dbt, dbt-ol and Dagster with dagster-dbt."""

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.measuring import Cost, cost_of, median, ratio
from benchmarks.memory import most_memory
from benchmarks.page import against, table
from benchmarks.workspace import BIN, dbt, floe, prepared

_DBT, _DBT_OL, _MATERIALIZE = "dbt build", "dbt-ol build", "dagster asset materialize"
_PEER = ("-m", "benchmarks.deployed", "dagster-dbt", "--times", "1")
_DIRECT, _DAGSTER = ("run", "--orchestrator", "direct"), ("run",)
_WARM = {"FLOE_DBT__KIND": "warm"}
_OFF = {"FLOE_LINEAGE__KIND": "noop", "FLOE_TRACING__KIND": "noop"}
_DEAD = "http://127.0.0.1:9"
_DOWN = {
    "FLOE_LINEAGE__KIND": "http",
    "FLOE_LINEAGE__URL": f"{_DEAD}/api/v1/lineage",
    "FLOE_TRACING__KIND": "otlp_http",
    "FLOE_TRACING__ENDPOINT": _DEAD,
}
_SERVERS = ".floe/state/dbt-*.pid"
_LONG = 1000
"""Assets beyond which a whole command takes too long to be repeated."""


class Contender(NamedTuple):
    """A command, with what it is held to: a limit of wall, CPU and memory against another."""

    command: Sequence[str]
    variables: Mapping[str, str] = {}
    against: str = _DBT
    wall: float | None = None
    cpu: float | None = None
    memory: float | None = None
    largest: int = _LONG
    """The size beyond which it takes too long."""


def contenders(assets: int) -> dict[str, Contender]:
    """Return what is compared at *assets*, by its name in the table."""
    whole = {
        _DBT: Contender(dbt("build")),
        _DBT_OL: Contender([str(BIN / "dbt-ol"), *dbt("build")[1:]], largest=200),
        "floe run, direct": Contender(floe(*_DIRECT), wall=1.0, cpu=1.0, memory=1.15),
        "the same, warm": Contender(floe(*_DIRECT), _WARM, wall=1.0, cpu=1.0, memory=1.15),
        "the same, backends off": Contender(floe(*_DIRECT), _OFF, largest=200),
        "the same, backends down": Contender(floe(*_DIRECT), _DOWN, largest=200),
        "floe run, direct, beside dbt-ol": Contender(
            floe(*_DIRECT), against=_DBT_OL, wall=0.85, largest=200
        ),
        "floe run (Dagster)": Contender(floe(*_DAGSTER), wall=1.3, memory=1.4),
        "floe run (Dagster), warm": Contender(floe(*_DAGSTER), _WARM, wall=0.9, memory=1.4),
        _MATERIALIZE: Contender(
            [
                *(str(BIN / "dagster"), "asset", "materialize", "--select", "*"),
                *("-m", "benchmarks.location_of_peer"),
            ],
            largest=200,
        ),
        "floe run (Dagster), warm, beside it": Contender(
            floe(*_DAGSTER), _WARM, against=_MATERIALIZE, wall=0.3, largest=200
        ),
        "dagster-dbt in one process": Contender([sys.executable, *_PEER], largest=_LONG - 1),
    }
    return {name: one for name, one in whole.items() if assets <= one.largest}


class WholeCosts(NamedTuple):
    """What every contender cost, by its name: its runs, and the most MiB that it held."""

    runs: dict[str, list[Cost]]
    memory: dict[str, float]


def whole_costs(
    folder: Path,
    assets: int,
    environ: Mapping[str, str],
    rounds: int,
    only: Collection[str] = (),
) -> WholeCosts:
    """Return the costs of every contender, in alternating rounds.

    Before them is one in which the memory is looked at and nothing else. Each has a project in
    *folder* of its own, all alike. *only* names some of them; by default it is all that are fit
    for the size.
    """
    compared = {name: one for name, one in contenders(assets).items() if not only or name in only}
    homes = {
        name: prepared(folder / str(number), assets, environ)
        for number, name in enumerate(compared)
    }
    memory = {}
    for name, one in compared.items():
        variables = {**environ, **one.variables}
        memory[name] = most_memory(one.command, homes[name], variables, _SERVERS)
        print(f"  {name}: {memory[name]:.0f} MiB", flush=True)
    runs: dict[str, list[Cost]] = {name: [] for name in compared}
    for _ in range(rounds):
        for name, one in compared.items():
            cost = cost_of(one.command, homes[name], {**environ, **one.variables}, _SERVERS)
            print(f"  {name}: {cost.wall_s:.1f} s, CPU {cost.cpu_s:.1f} s", flush=True)
            runs[name].append(cost)
    return WholeCosts(runs, memory)


def whole_table(costs: WholeCosts) -> str:
    """Return medians, and ratios to what each is held against, with the goals."""
    known = contenders(0)
    rows = []
    for name, runs in costs.runs.items():
        one = known[name]
        base = costs.runs[one.against]
        failed = sum(run.code != 0 for run in runs)
        rows.append(
            [
                f"{name} ({failed} of {len(runs)} failed)" if failed else name,
                f"{median(runs, 'wall_s'):.2f}",
                f"{median(runs, 'cpu_s'):.2f}",
                f"{costs.memory[name]:.0f}",
                one.against if name != one.against else "",
                _held(ratio(runs, base, "wall_s"), one.wall),
                _held(ratio(runs, base, "cpu_s"), one.cpu),
                _held(costs.memory[name] / costs.memory[one.against], one.memory),
            ]
        )
    heads = ["command", "wall s", "CPU s", "peak MiB", "against", "wall", "CPU", "memory"]
    left_out = sorted(set(known) - set(costs.runs))
    note = f"\n\nToo long at this size: {', '.join(left_out)}." if left_out else ""
    return table(heads, rows) + note


def _held(measured: float, goal: float | None) -> str:
    return f"{measured:.2f}" if goal is None else against(measured, goal)
