"""A small run of the benchmarks guards what they say, as ratios with room for a busy machine."""

import os
import sys
from pathlib import Path

import pytest
from benchmarks.definitions import loading_costs
from benchmarks.measuring import Cost, ratio
from benchmarks.memory import most_memory
from benchmarks.whole_commands import WholeCosts, contenders, whole_costs, whole_table
from benchmarks.workspace import environment


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> WholeCosts:
    folder = tmp_path_factory.mktemp("bench")
    names = ("dbt build", "floe run, direct", "floe run (Dagster)", "the same, backends down")
    return whole_costs(folder, 8, environment(), rounds=2, only=names)


@pytest.mark.engine
def test_floe_costs_hardly_more_than_dbt_alone(costs: WholeCosts) -> None:
    assert all(cost.code == 0 for runs in costs.runs.values() for cost in runs)

    assert ratio(costs.runs["floe run, direct"], costs.runs["dbt build"], "cpu_s") < 1.6
    assert ratio(costs.runs["floe run (Dagster)"], costs.runs["dbt build"], "cpu_s") < 2.2


@pytest.mark.engine
def test_floe_holds_little_memory_beside_dbts(costs: WholeCosts) -> None:
    assert costs.memory["dbt build"] > 50

    assert costs.memory["floe run, direct"] / costs.memory["dbt build"] < 2.5


@pytest.mark.engine
def test_dead_backends_hardly_cost_a_run_anything(costs: WholeCosts) -> None:
    down = costs.runs["the same, backends down"]

    assert ratio(down, costs.runs["floe run, direct"], "cpu_s") < 1.6


@pytest.mark.engine
def test_definitions_load_at_less_than_the_cost_of_dagster_dbts(tmp_path: Path) -> None:
    loads = loading_costs(tmp_path, 8, environment(), rounds=2)

    assert min(loads["floe"]) / min(loads["dagster-dbt"]) < 0.8


def test_the_table_says_what_meets_its_goal_what_misses_it_and_what_failed() -> None:
    runs = {name: [Cost(1.0, 1.0, 0)] for name in contenders(1000)}
    runs["floe run, direct"] = [Cost(2.0, 0.5, 0)]
    runs["floe run (Dagster)"] = [Cost(1.0, 1.0, 1)]

    table = whole_table(WholeCosts(runs, dict.fromkeys(runs, 100.0)))

    assert "| floe run, direct | 2.00 | 0.50 | 100 | dbt build | 2.00 (misses 1.00) |" in table
    assert "| 0.50 (meets 1.00) |" in table
    assert "floe run (Dagster) (1 of 1 failed)" in table
    assert "Too long at this size: dagster asset materialize" in table


def test_ratios_are_taken_round_by_round() -> None:
    slow_then_fast = [Cost(10.0, 1, 0), Cost(1.0, 1, 0), Cost(1.0, 1, 0)]
    base = [Cost(20.0, 1, 0), Cost(2.0, 1, 0), Cost(2.0, 1, 0)]

    assert ratio(slow_then_fast, base, "wall_s") == pytest.approx(0.5)


def test_the_memory_of_children_counts_with_that_of_the_command(tmp_path: Path) -> None:
    holds = "held = bytearray(60 << 20); time.sleep(1.5)"
    child = f"subprocess.run([sys.executable, '-c', {f'import time; {holds}'!r}])"
    alone = [sys.executable, "-c", f"import time; {holds}"]
    both = [
        sys.executable,
        "-c",
        f"import subprocess, sys, time; held = bytearray(60 << 20); {child}",
    ]

    assert 60 < most_memory(alone, tmp_path, os.environ) < 100
    assert 120 < most_memory(both, tmp_path, os.environ) < 200


def test_servers_that_work_for_a_command_are_counted(tmp_path: Path) -> None:
    from benchmarks.measuring import _cpu_s

    note = tmp_path / "server.pid"
    note.write_text("1")
    assert _cpu_s(note) > 0

    note.write_text("not a number")
    assert _cpu_s(note) == 0
