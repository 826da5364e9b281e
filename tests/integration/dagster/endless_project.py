"""A project with a seed, a model that fails, and one whose query would run for hours.

Lineage and traces go to files.
"""

from tests.integration.dbt.projects import ENDLESS

CONTRACT = """
name: endings
version: "1.0.0"
compute: {target: duckdb, properties: {path: shop.duckdb, threads: 2}}
transforms: [{type: dbt, path: .}]
observability: {traces: true, lineage: true}
"""
SETTINGS = """
lineage: {kind: file, path: .floe/lineage.jsonl}
tracing: {kind: file, path: .floe/traces.jsonl}
"""
FILES = {
    **{name: text for name, text in ENDLESS.items() if "profiles" not in name},
    "dbt_project.yml": "{name: shop, version: '1.0', profile: floe}",
    "models/broken.sql": "select no_such_column from {{ ref('raw') }}",
    "floe.yaml": CONTRACT,
    "floe.settings.yaml": SETTINGS,
}
