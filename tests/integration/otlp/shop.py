"""The shop of the tests that run floe as a command: what its projects have in common."""

from pathlib import Path

SHOP = {
    "floe.yaml": """
name: shop
version: "1.0.0"
compute: {target: duckdb, properties: {path: shop.duckdb}}
transforms: [{type: dbt, path: dbt}]
observability: {traces: true, metrics: true, attributes: {tenant: acme}}
""",
    "dbt/dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: floe\n",
    "dbt/models/customers.sql": "select * from {{ ref('raw') }}",
    "dbt/models/broken.sql": (
        "{{ config(materialized='table') }} select nowhere from {{ ref('customers') }}"
    ),
    "dbt/models/after.sql": "select * from {{ ref('broken') }}",
}


def lay_down(folder: Path, files: dict[str, str]) -> Path:
    """Write the shop, and *files* beside it; return *folder*."""
    for name, text in (SHOP | files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
