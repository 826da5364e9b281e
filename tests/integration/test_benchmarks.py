"""A small run of the benchmarks guards what they say, as ratios with room for a busy machine."""

from pathlib import Path

import pytest
from benchmarks.measuring import Cost, ratio
from benchmarks.whole_commands import contenders, whole_costs, whole_table
from benchmarks.workspace import environment


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Cost]]:
    folder = tmp_path_factory.mktemp("bench")
    names = ("dbt build", "floe run, direct", "the same, backends down")
    return whole_costs(folder, 8, environment(), rounds=2, only=names)


@pytest.mark.engine
def test_floe_costs_hardly_more_than_dbt_alone(costs: dict[str, list[Cost]]) -> None:
    assert all(cost.code == 0 for runs in costs.values() for cost in runs)

    assert ratio(costs["floe run, direct"], costs["dbt build"], "cpu_s") < 1.6


@pytest.mark.engine
def test_dead_backends_hardly_cost_a_run_anything(costs: dict[str, list[Cost]]) -> None:
    assert ratio(costs["the same, backends down"], costs["floe run, direct"], "cpu_s") < 1.6


def test_the_table_says_what_meets_its_goal_what_misses_it_and_what_failed() -> None:
    costs = {name: [Cost(1.0, 1.0, 100.0, 0)] for name in contenders(1000)}
    costs["floe run, direct"] = [Cost(2.0, 0.5, 100.0, 0)]
    costs["floe run (Dagster)"] = [Cost(1.0, 1.0, 100.0, 1)]

    table = whole_table(costs)

    assert "| floe run, direct | 2.00 | 0.50 | 100 | dbt build | 2.00 (misses 1.00) |" in table
    assert "| 0.50 (meets 1.00) |" in table
    assert "floe run (Dagster) (1 of 1 failed)" in table
    assert "Too long at this size: dagster asset materialize" in table


def test_ratios_are_taken_round_by_round() -> None:
    slow_then_fast = [Cost(10.0, 1, 1, 0), Cost(1.0, 1, 1, 0), Cost(1.0, 1, 1, 0)]
    base = [Cost(20.0, 1, 1, 0), Cost(2.0, 1, 1, 0), Cost(2.0, 1, 1, 0)]

    assert ratio(slow_then_fast, base, "wall_s") == pytest.approx(0.5)


def test_servers_that_work_for_a_command_are_counted(tmp_path: Path) -> None:
    from benchmarks.measuring import _cpu_s

    note = tmp_path / "server.pid"
    note.write_text("1")
    assert _cpu_s(note) > 0

    note.write_text("not a number")
    assert _cpu_s(note) == 0
