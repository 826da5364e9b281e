"""dbt in the child of floe compiles, runs and records what dbt by itself does."""

import json
from pathlib import Path
from typing import Any

import pytest

from floe.adapters.dbt.child_runner import ChildDbtRunner
from floe.adapters.dbt.subprocess_runner import SubprocessDbtRunner
from floe.domain.model.node_event import InvocationFinished
from floe.ports.dbt_runner import DbtRunner
from tests.integration.dbt.projects import EVERYTHING, command, write

pytestmark = pytest.mark.engine

MACROS = EVERYTHING | {
    "dbt_project.yml": """
name: shop
version: "1.0"
profile: shop
vars: {greeted: "{{ target.schema }}"}
on-run-start: ["select '{{ greet('start') }}'"]
on-run-end: ["select '{{ tools.name_of() }}'"]
query-comment: "{{ comment(node) }}"
dispatch: [{macro_namespace: tools, search_order: [shop, tools]}]
""",
    "packages.yml": "packages: [{local: dbt_packages/tools}]",
    "dbt_packages/tools/dbt_project.yml": "{name: tools, version: '1.0'}",
    "dbt_packages/tools/macros/tools.sql": """
{% macro name_of() %}of tools{% endmacro %}
{% macro greet(whom) %}{{ return(adapter.dispatch('greet', 'tools')(whom)) }}{% endmacro %}
{% macro default__greet(whom) %}tools greets {{ whom }}{% endmacro %}
{% macro only_here() %}{{ name_of() }} here{% endmacro %}
{% macro positive(column) %}{{ column }} > 0{% endmacro %}
""",
    "dbt_packages/tools/models/of_tools.sql": (
        "select '{{ name_of() }}, {{ greet('itself') }}, {{ only_here() }}' as said"
    ),
    "macros/own.sql": """
{% macro name_of() %}of shop{% endmacro %}
{% macro greet(whom) %}{{ return(tools.greet(whom)) }}{% endmacro %}
{% macro duckdb__greet(whom) %}shop greets {{ whom }}{% endmacro %}
{% macro ref(name) %}{{ return(builtins.ref(name)) }}{% endmacro %}
{% macro range(most) %}{{ return([most, 'own range']) }}{% endmacro %}
{% macro comment(node) %}{{ name_of() }} {{ node.name if node else '' }}{% endmacro %}
{% macro generate_alias_name(custom_alias_name=none, node=none) %}
  {{- return(dbt.default__generate_alias_name(custom_alias_name, node)) -}}
{% endmacro %}
{% test among(model, column_name, values) %}
select * from {{ model }} where {{ column_name }} not in ({{ values | join(', ') }})
{% endtest %}
""",
    "models/says.sql": """
{{ config(materialized='table', meta={'at': var('greeted')}) }}
{% set own = context['name_of'] %}
select
  '{{ own() }}, {{ tools.name_of() }}, {{ greet(var('greeted')) }}' as said,
  '{{ 'ref' in context }}, {{ 'nothing' in context }}, {{ context.get('nothing', '') }}' as has,
  '{{ context is mapping }}, {{ context.tools.name_of is callable }}' as kind,
  '{{ context.keys() | select('in', ['dbt', 'greet', 'ref', 'tools']) | sort | join }}' as names,
  {{ context | length }} as members,
  '{{ context.name_of is sameas context.shop.name_of }}' as same,
  '{{ range(3) | join(' ') }}' as ranged,
  '{{ dbt.type_string() }}' as dbts
from {{ ref('over') }}
""",
    "models/more.yml": """
models:
  - name: says
    columns:
      - name: said
        data_tests:
          - among: {values: ["'said'", "'{{ range(1)[1] }}'", "'{{ greet(1) }}'"]}
unit_tests:
  - name: says_otherwise
    model: mocked
    given: [{input: ref('over'), rows: [{id: 1}]}]
    overrides:
      macros: {name_of: mocked, tools.only_here: mocked too, dbt.type_string: mocked type}
    expect: {rows: [{said: "mocked, mocked too, mocked type, mocked type"}]}
""",
    "models/mocked.sql": """
select '{{ name_of() }}, {{ tools.only_here() }}, {{ type_string() }}, {{ dbt.type_string() }}'
  as said
from {{ ref('over') }}
""",
}
"""Every kind of node, and every way to call a macro, or to hide one behind another."""


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the same project once built by dbt and once by dbt in floe's child."""
    runners: dict[str, DbtRunner] = {
        "dbt": SubprocessDbtRunner(grace_s=5),
        "child": ChildDbtRunner(grace_s=5),
    }
    built = {}
    for name, runner in runners.items():
        folder = write(tmp_path_factory.mktemp(name) / "shop", MACROS)
        *_, last = runner.run(command(folder))
        assert isinstance(last, InvocationFinished)
        built[name] = folder
    return built


def read(folder: Path, artifact: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "target" / artifact).read_text())
    return found


def test_sql_is_compiled_and_run_to_the_letter(projects: dict[str, Path]) -> None:
    texts = {
        name: {
            str(path.relative_to(folder)): path.read_text().replace(str(folder), "")
            for made in ("compiled", "run")
            for path in sorted((folder / "target" / made).rglob("*"))
            if path.is_file()
        }
        for name, folder in projects.items()
    }
    assert texts["child"] == texts["dbt"]
    assert "target/compiled/shop/models/says.sql" in texts["dbt"]


def test_nodes_end_alike_and_depend_on_the_same_macros(projects: dict[str, Path]) -> None:
    ends = {
        name: sorted(
            (end["unique_id"], end["status"], end["failures"])
            for end in read(folder, "run_results.json")["results"]
        )
        for name, folder in projects.items()
    }
    depend = {
        name: {
            node: described["depends_on"]
            for node, described in read(folder, "manifest.json")["nodes"].items()
        }
        for name, folder in projects.items()
    }
    assert ends["child"] == ends["dbt"]
    assert ("unit_test.shop.mocked.says_otherwise", "pass", 0) in ends["dbt"]
    assert ("model.shop.says", "success", None) in ends["dbt"]
    assert depend["child"] == depend["dbt"]
