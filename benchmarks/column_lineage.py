"""What column lineage costs and finds: floe beside openlineage-sql, on the same compiled SQL.

    python -m benchmarks.column_lineage [--models 1000]

The models are written as dbt projects are: staging that imports and renames, joins with
aggregates, windows, and ``select * from final``. Which columns each output column is made from is
known beforehand, and an answer counts when it is that and nothing else. floe knows the columns of
the relations, as it does in a run; openlineage-sql, which dbt-ol calls, has no way to be told.
CPU time is that of the analysis alone: in a run of floe it is spent on a thread beside the run,
and in the next run not at all where nothing has changed.
"""

import argparse
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from benchmarks.page import against
from benchmarks.page import table as as_table
from floe.adapters.openlineage.column_lineage import ColumnLineage
from floe.adapters.openlineage.lineage_cache import LineageCache
from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.pipeline import Governance

Answer: TypeAlias = Mapping[str, frozenset[str]]
"""Output column → the ``table.column`` that its values are made from."""
RAW = ("id", "user_id", "status", "amount", "tax", "created_at", "updated_at", "note")
DATABASE, SCHEMA = "shop", "main"


class Model(NamedTuple):
    """A model: what it reads, its SQL, and what its columns are made from."""

    name: str
    reads: tuple[str, ...]
    sql: str
    truth: Answer


class Result(NamedTuple):
    """What one tool found, and the CPU seconds that it took."""

    tool: str
    right: int
    seconds: float


def table(name: str) -> str:
    """Return *name* as dbt writes a relation."""
    return f'"{DATABASE}"."{SCHEMA}"."{name}"'


def staging(number: int) -> Model:
    """Import, rename, ``select * from renamed``."""
    name, raw = f"stg_{number}", f"raw_{number}"
    sql = f"""with source as (select * from {table(raw)}),
renamed as (
    select id as order_id, user_id as customer_id, status, amount + tax as total,
        cast(created_at as date) as ordered_on, updated_at
    from source
)
select * from renamed"""  # noqa: S608 - our own names
    made = {
        "order_id": ["id"],
        "customer_id": ["user_id"],
        "status": ["status"],
        "total": ["amount", "tax"],
        "ordered_on": ["created_at"],
        "updated_at": ["updated_at"],
    }
    return Model(name, (raw,), sql, _truth(raw, made))


def mart(number: int) -> Model:
    """Join two staging models, aggregate, and ``select * from final``."""
    left, right = f"stg_{number}", f"stg_{number + 1}"
    sql = f"""with orders as (select * from {table(left)}),
others as (select * from {table(right)}),
totals as (
    select customer_id, min(ordered_on) as first_on, count(*) as orders, sum(total) as spent
    from orders where status <> 'returned' group by customer_id
),
final as (
    select o.*, totals.first_on, totals.spent,
        case when others.status = 'vip' then totals.spent * 0.9 else totals.spent end as due
    from orders as o
    left join totals on o.customer_id = totals.customer_id
    left join others on o.order_id = others.order_id
)
select * from final"""  # noqa: S608 - our own names
    names = ("order_id", "customer_id", "status", "total", "ordered_on", "updated_at")
    made = {name: [name] for name in names}
    made |= {"first_on": ["ordered_on"], "spent": ["total"], "due": ["total"]}
    return Model(f"mart_{number}", (left, right), sql, _truth(left, made))


def explicit(number: int) -> Model:
    """Name every column, and rank by a window."""
    read = f"stg_{number}"
    sql = f"""select s.order_id, upper(s.status) as status, coalesce(s.total, 0) as total,
    sum(s.total) over (partition by s.customer_id order by s.ordered_on) as running_total
from {table(read)} as s
where s.ordered_on >= '2020-01-01'"""  # noqa: S608 - our own names
    made = {
        "order_id": ["order_id"],
        "status": ["status"],
        "total": ["total"],
        "running_total": ["total"],
    }
    return Model(f"rank_{number}", (read,), sql, _truth(read, made))


def project(models: int) -> tuple[list[Model], ProjectGraph]:
    """Return *models* models, a third of each kind, and their graph."""
    third = max(models // 3, 2)
    made = [staging(number) for number in range(third)]
    made += [mart(number) for number in range(third - 1)]
    made += [explicit(number % third) for number in range(models - len(made))]
    made = list({model.name: model for model in made}.values())
    raw = [_node(f"raw_{number}", "seed", columns=RAW) for number in range(third)]
    nodes = {node.unique_id: node for node in raw}
    for model in made:
        node = _node(model.name, "model", reads=model.reads)
        nodes[node.unique_id] = node
    return made, ProjectGraph(project_name="shop", adapter_type="duckdb", nodes=nodes)


def by_floe(models: Sequence[Model], graph: ProjectGraph, cache: Path, tool: str) -> Result:
    """Work every model out, in the order of the graph, as the worker beside a run does."""
    from floe.adapters.openlineage.sql.lineage import lineage_of_sql
    from floe.adapters.openlineage.sql.query import dialect_of

    # sqlglot, its dialect too, is loaded beforehand, as the peer is.
    lineage_of_sql("select 1 as one", (), dialect_of(graph.adapter_type))
    lineage = ColumnLineage(graph, governance=Governance(), cache=LineageCache(cache))
    return _measured(tool, models, lambda model: _floe_answer(lineage, graph, model))


def by_openlineage_sql(models: Sequence[Model]) -> Result:
    """Parse every model as dbt-ol does."""
    import openlineage_sql  # type: ignore[import-untyped]

    def answer(model: Model) -> Answer:
        meta = openlineage_sql.parse([model.sql])
        return {} if meta is None else dict(_columns_of(meta.column_lineage))

    return _measured("openlineage-sql", models, answer)


def _measured(tool: str, models: Sequence[Model], ask: Callable[[Model], Answer]) -> Result:
    right, seconds = 0, 0.0
    for model in models:
        started = time.process_time()
        found = ask(model)
        seconds += time.process_time() - started
        right += sum(found.get(name) == origins for name, origins in model.truth.items())
    return Result(tool, right, seconds)


def _floe_answer(lineage: ColumnLineage, graph: ProjectGraph, model: Model) -> Answer:
    node = graph.nodes[f"model.shop.{model.name}"]
    columns: NodeColumns = lineage.work_out(node, model.sql)
    made = columns.lineage.columns if columns.lineage is not None else ()
    return {
        column.name: frozenset(
            f"{origin.unique_id.rpartition('.')[2]}.{origin.column}"
            for origin in column.origins
            if any(way.influence.is_direct for way in origin.transformations)
        )
        for column in made
    }


def _columns_of(found: Sequence[object]) -> Iterator[tuple[str, frozenset[str]]]:
    for item in found:
        origins = (
            f"{origin.origin.name}.{origin.name}"
            for origin in item.lineage  # type: ignore[attr-defined]
            if origin.origin is not None
        )
        yield item.descendant.name, frozenset(origins)  # type: ignore[attr-defined]


def _truth(read: str, made: Mapping[str, Sequence[str]]) -> Answer:
    return {name: frozenset(f"{read}.{item}" for item in items) for name, items in made.items()}


def _node(name: str, kind: str, columns: Sequence[str] = (), reads: Sequence[str] = ()) -> DbtNode:
    parents = [f"{'seed' if read.startswith('raw') else 'model'}.shop.{read}" for read in reads]
    return DbtNode.from_manifest_node(
        {
            "unique_id": f"{kind}.shop.{name}",
            "name": name,
            "alias": name,
            "resource_type": kind,
            "database": DATABASE,
            "schema": SCHEMA,
            "depends_on": {"nodes": parents},
            "columns": {column: {"name": column} for column in columns},
            "config": {"materialized": "seed" if kind == "seed" else "view"},
        }
    )


def column_table(count: int = 1000) -> str:
    """Return what each tool found in *count* models, and for how much, with the goal."""
    models, graph = project(count)
    with tempfile.TemporaryDirectory() as folder:
        results = [
            by_floe(models, graph, Path(folder), "floe, the first time"),
            by_floe(models, graph, Path(folder), "floe, the next time"),
        ]
    peer = None
    with contextlib.suppress(ImportError):
        peer = by_openlineage_sql(models)
    rows = [_row(result, peer, len(models)) for result in (*results, *([peer] if peer else ()))]
    columns = sum(len(model.truth) for model in models)
    heads = ["column lineage", f"right of {columns}", "CPU µs a model", "CPU µs a right column"]
    return as_table([*heads, "a right column, against openlineage-sql"], rows)


def _row(result: Result, peer: Result | None, models: int) -> list[str]:
    each = result.seconds / result.right
    ratio = against(each / (peer.seconds / peer.right), 1.0) if peer and result != peer else ""
    model = f"{result.seconds / models * 1e6:.0f}"
    return [result.tool, str(result.right), model, f"{each * 1e6:.0f}", ratio]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--models", type=int, default=1000)
    print(column_table(parser.parse_args().models))


if __name__ == "__main__":
    main()
