"""dbt projects on DuckDB, small enough to read, for the tests that run dbt."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from floe.domain.model.run import DbtCommand

PROFILES = """
shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: "{{ env_var('SHOP_DATABASE') }}", schema: dev, threads: 2}
    prod: {type: duckdb, path: "{{ env_var('SHOP_DATABASE') }}", schema: prod, threads: 2}
"""

WELL = {
    "dbt_project.yml": "{name: shop, version: '1.0', profile: shop}",
    "profiles/profiles.yml": PROFILES,
    "seeds/raw.csv": "id,name\n1,a\n2,b\n2,\n",
    "models/customers.sql": "select * from {{ ref('raw') }}",
}
"""One seed and one model over it, which go well."""

EVERYTHING = WELL | {
    "dbt_project.yml": """
name: shop
version: "1.0"
profile: shop
on-run-start: ["select 1"]
on-run-end: ["select 2"]
""",
    "snapshots/history.yml": """
snapshots:
  - name: history
    relation: ref('raw')
    config: {unique_key: "id || coalesce(name, '')", strategy: check, check_cols: all}
""",
    "models/through.sql": (
        "{{ config(materialized='ephemeral') }} select id from {{ ref('raw') }}"
    ),
    "models/over.sql": "{{ config(materialized='table') }} select id from {{ ref('through') }}",
    "models/grows.sql": (
        "{{ config(materialized='incremental') }} select id from {{ ref('through') }}"
    ),
    "models/broken.sql": (
        "{{ config(materialized='table') }} select nowhere from {{ ref('over') }}"
    ),
    "models/after_broken.sql": "select * from {{ ref('broken') }}",
    "models/uncompilable.sql": (
        "{{ config(materialized='ephemeral') }} "
        "select {{ exceptions.raise_compiler_error('no good') if execute else 1 }} as x"
    ),
    "models/after_uncompilable.sql": "select * from {{ ref('uncompilable') }}",
    "models/after_failed_test.sql": "select * from {{ ref('customers') }}",
    "models/doubled.sql": "select id * 2 as twice from {{ ref('over') }}",
    "models/doubled_badly.sql": "select id * 2 as twice from {{ ref('over') }}",
    "models/schema.yml": """
models:
  - name: customers
    columns:
      - name: id
        data_tests: [unique, not_null]
      - name: name
        data_tests:
          - not_null: {config: {severity: warn}}
unit_tests:
  - name: doubles
    model: doubled
    given: [{input: ref('over'), rows: [{id: 1}]}]
    expect: {rows: [{twice: 2}]}
  - name: does_not_double
    model: doubled_badly
    given: [{input: ref('over'), rows: [{id: 1}]}]
    expect: {rows: [{twice: 3}]}
""",
}
"""Every kind of node, and every way in which one can end."""

ENDLESS = WELL | {
    "models/endless.sql": """
{{ config(materialized='table') }}
select sum(a.range * b.range) as s from range(1000000) a, range(10000000) b
""",
    "models/after.sql": "select * from {{ ref('endless') }}",
}
"""A query that would run for hours."""


def write(directory: Path, files: Mapping[str, str]) -> Path:
    """Write *files*, path → content, under *directory* and return it."""
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return directory


def rewrite(directory: Path, files: Mapping[str, str]) -> Path:
    """Let *directory* hold *files* and nothing else but what dbt keeps of its last parse."""
    for path in directory.iterdir() if directory.exists() else ():
        if path.is_file():
            path.unlink()
        elif path.name != "target":
            shutil.rmtree(path)
    return write(directory, files)


def command(project: Path, **changes: Any) -> DbtCommand:
    """Return ``dbt build`` of the whole project."""
    fields: dict[str, Any] = {
        "project_dir": project,
        "profiles_dir": project / "profiles",
        "profile": "shop",
        "target": "dev",
        "target_path": project / "target",
        "environment": {"SHOP_DATABASE": str(project / "shop.duckdb")},
    }
    return DbtCommand(**fields | changes)
