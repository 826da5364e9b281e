"""floe beside its peers, in one run on one machine: ``python -m benchmarks [--sizes 8,200]``.

Every command builds the same project on DuckDB from the same state, in alternation. Medians of the
ratios, round by round, go to docs/benchmarks.md, with the goal that each is held to. CPU is that
of all processes that worked for the command; a peer that is not installed or takes too long at a
size is left out and named.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.definitions import DeployedCosts, deployed_costs, deployed_table
from benchmarks.observing_cost import observing_table
from benchmarks.page import head, page
from benchmarks.small_commands import small_costs, small_table
from benchmarks.whole_commands import whole_costs, whole_table
from benchmarks.workspace import environment, prepared

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def sections(sizes: Sequence[int], rounds: int) -> list[str]:
    """Measure everything and return the parts of the page."""
    environ = environment()
    parts: list[str] = []
    deployed: dict[int, DeployedCosts] = {}
    for assets in sizes:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            print(f"{assets} assets", flush=True)
            costs = whole_costs(folder, assets, environ, rounds)
            parts += [f"## Whole commands, {assets} assets", whole_table(costs)]
            deployed[assets] = deployed_costs(folder, assets, environ, rounds)
            if assets == min(sizes):
                small = small_costs(prepared(folder / "small", assets, environ), environ, rounds)
                parts += ["## Small commands", small_table(small)]
    parts += ["## In a process that has loaded Dagster", deployed_table(deployed)]
    parts += ["## On the thread that runs the pipeline", observing_table()]
    return parts


def main() -> None:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", default="8,200,1000", help="assets in each project, by commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    parts = sections([int(size) for size in options.sizes.split(",")], options.rounds)
    options.page.write_text(page(head(options.rounds), parts), encoding="utf-8")
    print(f"wrote {options.page}")


if __name__ == "__main__":
    main()
