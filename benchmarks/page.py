"""The page that a run of the benchmarks writes."""

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = (
    *("dbt-core", "dbt-duckdb", "duckdb", "dagster", "dagster-dbt"),
    *("openlineage-dbt", "openlineage-python"),
)


def head() -> str:
    """Return what was compared with what, on which machine."""
    return (
        "# Benchmarks\n\nWritten by `make bench`. Commands alternate; a ratio is the median of the"
        " ratios of each round, and ratios travel where seconds do not. CPU counts every process"
        " that worked for the command, also a server that was there before. So does memory, the"
        " most that was held at one time, looked at in a run before the rounds; what processes"
        " share counts once."
        " [Speed](explanation/speed.md) says where the time goes and why some goals are missed.\n\n"
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores;"
        f" {_installed()}. Lineage and traces are on, unless a row says otherwise."
    )


def page(first: str, parts: Iterable[str]) -> str:
    """Return the whole page."""
    return "\n\n".join([first, *parts]) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def against(measured: float, goal: float) -> str:
    """Return *measured* beside the *goal* that it should not exceed."""
    return f"{measured:.2f} ({'meets' if measured <= goal else 'misses'} {goal:.2f})"


def _installed() -> str:
    found = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} not installed")
    return ", ".join(found)
