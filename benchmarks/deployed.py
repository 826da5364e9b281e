"""Dagster definitions in a process that has loaded them, as a deployment has: floe or dagster-dbt.

    python -m benchmarks.deployed {floe,dagster-dbt} [--times 2] [--select NAME]

In a folder that ``benchmarks.workspace`` prepared. Prints one JSON object: ``load_s`` and
``load_cpu_s`` are imports, definitions and repository; ``load_peak_mib`` the memory after that.
``runs`` has for each materialization the seconds of wall, of CPU in this process, which is all
but dbt's, and of CPU in all processes that are over.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dagster import AssetsDefinition, Definitions

_PROFILES = ".floe/profiles"


def of_floe(folder: Path) -> "Definitions":
    """Return what floe makes of the project."""
    from floe import FloeAssetFactory

    return FloeAssetFactory().create_definitions(folder / "floe.yaml")


def of_dagster_dbt(folder: Path) -> "Definitions":
    """Return what its users write with dagster-dbt, nothing else."""
    from dagster import Definitions
    from dagster_dbt import DbtCliResource

    dbt = DbtCliResource(project_dir=str(folder), profiles_dir=str(folder / _PROFILES))
    return Definitions(assets=[_dbt_assets(folder)], resources={"dbt": dbt})


def _dbt_assets(folder: Path) -> "AssetsDefinition":
    from dagster import AssetExecutionContext
    from dagster_dbt import DbtCliResource, dbt_assets

    @dbt_assets(manifest=folder / "target" / "manifest.json")
    def assets(context: AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        yield from dbt.cli(["build"], context=context).stream()

    return assets


def materialized(definitions: "Definitions", select: str | None) -> dict[str, float]:
    """Materialize everything, or the asset *select*, and return what it cost."""
    from dagster import AssetKey, AssetSelection, DagsterInstance, materialize

    assets = [
        asset for asset in definitions.resolve_asset_graph().assets_defs if asset.is_executable
    ]
    selection = AssetSelection.assets(AssetKey([select])) if select else None
    before, children, started = _cpu(), _cpu(resource.RUSAGE_CHILDREN), time.perf_counter()
    with DagsterInstance.ephemeral() as instance:
        result = materialize(
            assets,
            instance=instance,
            selection=selection,
            raise_on_error=False,
        )
    if not result.success:
        raise SystemExit("the run failed")
    own = _cpu() - before
    return {
        "wall_s": time.perf_counter() - started,
        "own_cpu_s": own,
        "cpu_s": own + _cpu(resource.RUSAGE_CHILDREN) - children,
    }


def _cpu(who: int = resource.RUSAGE_SELF) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _peak_mib() -> float:
    """Return the most that this program held; ``ru_maxrss`` has that of who started it, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))


def main() -> None:
    """Load, run, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("tool", choices=["floe", "dagster-dbt"])
    parser.add_argument("--times", type=int, default=0, help="materializations after loading")
    parser.add_argument("--select", help="materialize this asset only")
    chosen = parser.parse_args()
    started = time.perf_counter()
    make = of_floe if chosen.tool == "floe" else of_dagster_dbt
    definitions = make(Path.cwd())
    definitions.get_repository_def()
    report: dict[str, Any] = {
        "load_s": time.perf_counter() - started,
        "load_cpu_s": _cpu(),
        "load_peak_mib": _peak_mib(),
    }
    report["runs"] = [materialized(definitions, chosen.select) for _ in range(chosen.times)]
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
