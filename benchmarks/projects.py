"""dbt projects of any size on DuckDB, the same text for the same size."""

from pathlib import Path

PROFILE = "bench"
TARGET = "dev"

_LAYER = 8
_SEED_ROWS = 20
_PROJECT = f"""name: bench
version: "1.0"
profile: {PROFILE}
models: {{bench: {{+materialized: view}}}}
flags: {{send_anonymous_usage_stats: false}}
"""


def write_project(directory: Path, assets: int) -> Path:
    """Write a project of *assets* seeds and models, and half as many tests, and return it.

    One asset in eight is a seed. Each model reads one or two assets of the layer below it, so
    that a project of any size has about eight layers; every fourth is a table. Each second asset
    has one test. ``profiles.yml`` stands in the folder ``profiles``; the database is
    ``bench.duckdb`` beside it.
    """
    seeds = max(assets // _LAYER, 1)
    _write(directory / "dbt_project.yml", _PROJECT)
    _write(directory / "profiles" / "profiles.yml", _profiles(directory))
    rows = "".join(f"{row},{row % 7},name {row}\n" for row in range(_SEED_ROWS))
    for seed in range(seeds):
        _write(directory / "seeds" / f"{_name(seed)}.csv", f"id,kind,name\n{rows}")
    for model in range(seeds, assets):
        folder = directory / "models" / f"layer_{model // seeds}"
        _write(folder / f"{_name(model)}.sql", _sql(model, seeds))
    for start in range(0, assets, seeds):
        layer = range(start, min(start + seeds, assets))
        home = "seeds" if start == 0 else f"models/layer_{start // seeds}"
        kind = "seeds" if start == 0 else "models"
        _write(directory / home / f"schema_{start}.yml", _schema(kind, layer))
    return directory


def first_model(assets: int) -> str:
    """Return the name of a model that reads only seeds, for runs of one node out of many."""
    return _name(max(assets // _LAYER, 1))


def _name(number: int) -> str:
    return f"asset_{number:05}"


def _sql(model: int, seeds: int) -> str:
    below = model - seeds
    beside = below - below % seeds + (below + 1) % seeds
    lines = [
        f"{{{{ config(materialized='{'table' if model % 4 == 0 else 'view'}') }}}}",
        f"select a.id, a.kind + {model % 5} as kind, a.name",
        f"from {{{{ ref('{_name(below)}') }}}} as a",
    ]
    if beside != below:
        lines.append(f"inner join {{{{ ref('{_name(beside)}') }}}} as b on a.id = b.id")
    return "\n".join(lines) + "\n"


def _schema(kind: str, numbers: range) -> str:
    lines = [f"version: 2\n{kind}:\n"]
    for number in numbers:
        lines.append(f"  - name: {_name(number)}\n    description: Asset {number}\n")
        if number % 2 == 0:
            lines.append("    columns:\n      - name: id\n        data_tests: [not_null]\n")
    return "".join(lines)


def _profiles(directory: Path) -> str:
    database = directory / "bench.duckdb"
    output = f"{{type: duckdb, path: '{database}', threads: 4}}"
    return f"{PROFILE}: {{target: {TARGET}, outputs: {{{TARGET}: {output}}}}}\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
