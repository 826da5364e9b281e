"""dagster-dbt comes without dbt and sqlglot, and means the same; each in a process of its own."""

import subprocess
import sys

from dbt.contracts.results import NodeStatus, TestStatus
from dbt.node_types import REFABLE_NODE_TYPES, NodeType
from dbt.version import __version__ as dbt_version

_ASKED_FOR = {
    ("NodeStatus", "Success"),
    ("NodeStatus", "Skipped"),
    ("NodeStatus", "Warn"),
    ("TestStatus", "Pass"),
    ("TestStatus", "Warn"),
    ("NodeType", "Snapshot"),
    ("NodeType", "Test"),
}
"""What dagster-dbt reads of them."""
_ENUMERATIONS = {"NodeStatus": NodeStatus, "TestStatus": TestStatus, "NodeType": NodeType}


def said_by(code: str) -> list[str]:
    done = subprocess.run(  # noqa: S603 - a line of this file
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
    )
    return done.stdout.splitlines()


def test_definitions_are_loaded_without_dbt() -> None:
    code = (
        "import sys, floe.adapters.dagster.assets, dagster_dbt\n"
        "print(sorted({name.split('.')[0] for name in sys.modules if name.startswith('dbt')}))\n"
        "print(dagster_dbt.compat.DBT_PYTHON_VERSION)\n"
        "import dbt.version\n"
        "print(dbt.version.__version__)"
    )

    loaded, version, own = said_by(code)

    # The namespace itself was asked; nothing below it was loaded.
    assert loaded in {"['dbt']", "[]"}
    assert version == own == dbt_version


def test_definitions_are_loaded_without_sqlglot_which_is_there_when_it_is_used() -> None:
    code = (
        "import sys, floe.adapters.dagster.assets, dagster_dbt.core.dbt_cli_event as event\n"
        "print('sqlglot' in sys.modules)\n"
        "schema = event.MappingSchema(dialect='duckdb')\n"
        "schema.add_table(event.to_table('orders'), {'amount': 'int'})\n"
        "query = event.parse_one(sql='select amount as paid from orders', dialect='duckdb')\n"
        "text = event.optimize(query, schema=schema).sql()\n"
        "(read,) = event.lineage('paid', text, schema=schema).downstream\n"
        "print(read.name)\n"
        "print(event.normalize_table_name(read.expression.find(event.exp.Table)))\n"
        "import sqlglot\n"
        "print(event.exp.Query is sqlglot.exp.Query)"
    )

    assert said_by(code) == ["False", '"orders"."amount"', "orders", "True"]


def test_where_dbt_is_loaded_dagster_dbt_is_left_alone() -> None:
    code = (
        "import dbt.version\n"
        "from floe.adapters.dagster.quick_import import load_dagster_dbt\n"
        "print(load_dagster_dbt())\n"
        "import dagster_dbt.compat, dbt.node_types\n"
        "print(dagster_dbt.compat.NodeType is dbt.node_types.NodeType)"
    )

    assert said_by(code) == ["False", "True"]


def test_the_names_that_stand_in_say_what_dbts_own_say() -> None:
    *members, refable = (
        line.split("|")
        for line in said_by(
            "import floe.adapters.dagster, dagster_dbt.compat as names\n"
            "for kind in ('NodeStatus', 'TestStatus', 'NodeType'):\n"
            "    for member in getattr(names, kind): print(kind, member.name, member, sep='|')\n"
            "print(*names.REFABLE_NODE_TYPES, sep='|')"
        )
    )
    said = {(kind, name): value for kind, name, value in members}

    for kind, enumeration in _ENUMERATIONS.items():
        for member in enumeration:
            assert said.get((kind, member.name), str(member)) == str(member)
    assert {"NodeStatus", "TestStatus", "NodeType"} == {kind for kind, _ in said}
    assert refable == [str(kind) for kind in REFABLE_NODE_TYPES]
    assert set(said) >= _ASKED_FOR
