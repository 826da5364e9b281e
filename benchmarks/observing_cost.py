"""What lineage and traces cost the thread that runs the pipeline, a node.

    python -m benchmarks.observing_cost [--assets 300] [--pace 5]

Node events of a build of a project of so many assets are made up and observed as a run observes
them, with everything switched off and with lineage and traces on, both into files by way of the
outbox where they have one. Events come at once, or *--pace* milliseconds after one another; the
garbage collector rests until the first node has ended, as the command line has it.
*critical* is the CPU of the observing thread, which a run waits for; *all* is that of the whole
process, where sending and column lineage go on beside it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from benchmarks.page import against, table
from benchmarks.projects import write_project
from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    InvocationStarted,
    NodeFinished,
    NodeStarted,
    NodeStatus,
)
from floe.domain.model.value import utc_now
from floe.domain.use_cases.observe import observe
from floe.entrypoints.collector import rest, resume
from floe.entrypoints.project import Project, open_project

CONTRACT = """\
name: bench
version: "1.0.0"
compute: {target: duckdb, properties: {path: warehouse.duckdb}}
transforms: [{type: dbt, path: .}]
"""
ON = {
    "lineage": {"kind": "file", "path": ".floe/lineage.jsonl"},
    "tracing": {"kind": "file", "path": ".floe/traces.jsonl"},
}
OFF = {"lineage": {"kind": "noop"}, "tracing": {"kind": "noop"}}


def node_events(graph: ProjectGraph) -> Iterator[DbtEvent]:
    """Yield what dbt would say of a build in which every node goes well."""
    at = utc_now()
    yield InvocationStarted(at=at, invocation_id="made-up", dbt_version="1.11.0", verb="build")
    for node in graph.nodes.values():
        if node.resource_type in {"model", "seed", "test"}:
            at += timedelta(milliseconds=10)
            yield NodeStarted(
                at=at, unique_id=node.unique_id, resource_type=node.resource_type, name=node.name
            )
            yield finished(node, graph)
    yield InvocationFinished(at=utc_now(), exit_code=0)


def finished(node: DbtNode, graph: ProjectGraph) -> NodeFinished:
    """Return the good end of *node*."""
    at = utc_now()
    is_model = node.resource_type == "model"
    parents = ", ".join(".".join(parent.relation) for parent in graph.inputs_of(node.unique_id))
    return NodeFinished(
        at=at + timedelta(milliseconds=5),
        unique_id=node.unique_id,
        resource_type=node.resource_type,
        name=node.name,
        status=NodeStatus.PASS if node.is_test else NodeStatus.SUCCESS,
        started_at=at,
        execution_time_s=0.005,
        rows_affected=20 if node.resource_type == "seed" else None,
        adapter_response={"_message": "OK"},
        compiled_code=f"select * from {parents}" if is_model else None,  # noqa: S608 - names of our own
        thread="Thread-1 (worker)",
    )


def observed(project: Project, pace_s: float) -> tuple[int, float, float]:
    """Observe a build of *project*; return nodes, and CPU seconds of this thread and of all."""
    container = project.container
    graph = container.graph()
    events = list(node_events(graph))
    lineage, tracer = container.lineage(), container.tracer()
    context, redactor = project.start(), container.redactor()  # once a run, by imports mostly
    critical, whole = time.thread_time(), time.process_time()
    stream = observe(
        events, context=context, graph=graph, lineage=lineage, tracer=tracer, redactor=redactor
    )
    nodes = 0
    for event in stream:
        if isinstance(event, NodeFinished):
            nodes += 1
            resume()
        if pace_s:  # even to sleep for no time at all takes some, and the caches with it
            time.sleep(pace_s)
    spent = time.thread_time() - critical
    for backend in (tracer, lineage):
        backend.close(60)
    return nodes, spent, time.process_time() - whole


def observing_costs(assets: int, pace_s: float) -> dict[str, tuple[float, float]]:
    """Return what → CPU milliseconds a node on the observing thread, and in the whole process."""
    costs = {}
    with tempfile.TemporaryDirectory() as place:
        folder = write_project(Path(place), assets)
        (folder / "floe.yaml").write_text(CONTRACT)
        environ = {**os.environ, "DBT_PROFILES_DIR": str(folder / "profiles")}
        dbt = str(Path(sys.executable).with_name("dbt"))
        subprocess.run([dbt, "--quiet", "parse"], cwd=folder, env=environ, check=True)
        for name, settings in (("off", OFF), ("on", ON), ("on, a second time", ON)):
            rest()
            with open_project(folder / "floe.yaml", overrides=settings) as project:
                nodes, critical, whole = observed(project, pace_s)
            costs[name] = critical / nodes * 1e3, whole / nodes * 1e3
    return costs


def observing_table(assets: int = 300, pace_s: float = 0.0) -> str:
    """Return the costs as a table, beside the goal for the thread."""
    rows = [
        [name, against(critical, 0.5) if name != "off" else f"{critical:.2f}", f"{whole:.2f}"]
        for name, (critical, whole) in observing_costs(assets, pace_s).items()
    ]
    return table(["lineage and traces", "CPU ms a node, critical", "CPU ms a node, all"], rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--assets", type=int, default=300)
    parser.add_argument("--pace", type=float, default=0.0, help="milliseconds between events")
    chosen = parser.parse_args()
    print(observing_table(chosen.assets, chosen.pace / 1000))


if __name__ == "__main__":
    main()
