"""floe beside its peers, in one run on one machine: ``python -m benchmarks [--sizes 8,200]``.

Every command builds the same project on DuckDB from the same state, in alternation. Medians of the
ratios, round by round, go to docs/benchmarks.md, with the goal that each is held to. CPU is that
of all processes that worked for the command; a peer that is not installed or takes too long at a
size is left out and named.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.column_lineage import column_table
from benchmarks.definitions import DeployedCosts, deployed_costs, deployed_table
from benchmarks.observing_cost import observing_table
from benchmarks.page import head, page
from benchmarks.small_commands import small_costs, small_table
from benchmarks.whole_commands import whole_costs, whole_table
from benchmarks.workspace import environment, prepared

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def sections(sizes: Sequence[int], rounds: int) -> Iterator[list[str]]:
    """Measure size after size, and yield the parts of the page as they stand then."""
    environ = environment()
    parts: list[str] = []
    deployed: dict[int, DeployedCosts] = {}
    for assets in sizes:
        times = rounds if assets == min(sizes) else max(rounds // 2, 1)
        print(f"{assets} assets, {times} rounds", flush=True)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            costs = whole_costs(folder, assets, environ, times)
            if costs.runs:
                heading = f"## Whole commands, {assets} assets, {_times(times)}"
                parts += [heading, whole_table(costs)]
            deployed[assets] = deployed_costs(folder, assets, environ, times)
            if assets == min(sizes):
                small = small_costs(prepared(folder / "small", assets, environ), environ, rounds)
                parts += ["## Small commands", small_table(small)]
                parts += ["## On the thread that runs the pipeline", observing_table()]
                parts += ["## Column lineage, 1,000 models", column_table(1000)]
        yield [*parts, "## In a process that has loaded Dagster", deployed_table(deployed)]


def _times(rounds: int) -> str:
    return "1 round" if rounds == 1 else f"{rounds} rounds"


def main() -> None:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--sizes", default="8,200,1000,5000", help="assets in each project, by commas"
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="at the smallest size; larger ones get half of them"
    )
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    for parts in sections(sizes, options.rounds):
        options.page.write_text(page(head(), parts), encoding="utf-8")
        print(f"wrote {options.page}")


if __name__ == "__main__":
    main()
