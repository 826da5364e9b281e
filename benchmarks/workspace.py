"""A project to measure on, with what each of the peers needs beside it."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.measuring import cost_of
from benchmarks.projects import write_project

BIN = Path(sys.executable).parent
PROFILES = ".floe/profiles"
_CONTRACT = """\
name: bench
version: "1.0.0"
compute: {target: duckdb, properties: {path: warehouse.duckdb, threads: 4}}
transforms: [{type: dbt, path: .}]
"""
_SETTINGS = """\
lineage: {kind: file, path: .floe/lineage.jsonl}
tracing: {kind: file, path: .floe/traces.jsonl}
"""
_TAKEN = ("FLOE_", "OPENLINEAGE_", "OTEL_", "DBT_", "DAGSTER_", "PYTHON")


def environment() -> dict[str, str]:
    """Return an environment in which nobody phones home and every tool is found."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith(_TAKEN)}
    return clean | {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "OPENLINEAGE__TRANSPORT__TYPE": "file",
        "OPENLINEAGE__TRANSPORT__LOG_FILE_PATH": "lineage-of-peer.jsonl",
        "OPENLINEAGE__TRANSPORT__APPEND": "true",
    }


def dbt(*words: str) -> Sequence[str]:
    """Return a dbt command on the profile that floe wrote."""
    return [str(BIN / "dbt"), *words, "--profiles-dir", PROFILES]


def floe(*words: str) -> Sequence[str]:
    """Return a floe command."""
    return [str(BIN / "floe"), *words]


def prepared(folder: Path, assets: int, environ: Mapping[str, str]) -> Path:
    """Write the project into *folder*, parse it, and return the folder.

    Each contender gets one of its own: dbt parses anew where the one before it had other options.
    """
    write_project(folder, assets)
    (folder / "floe.yaml").write_text(_CONTRACT)
    (folder / "floe.settings.yaml").write_text(_SETTINGS)
    for command in (floe("profiles"), dbt("parse")):
        if cost_of(command, folder, environ).code:
            raise SystemExit(f"{' '.join(command)} failed in {folder}")
    return folder
