"""What lineage and traces cost the thread that runs the pipeline, a node: CPU, and memory.

    python -m benchmarks.observing_cost [--assets 1000]

Node events of a build of a project of so many assets are made up and observed as a run observes
them, with everything switched off and with lineage and traces on, both into files by way of the
outbox where they have one. Events come *--pace* milliseconds after one another, as dbt's do, so
that what goes on beside the thread has time to. *critical* is the CPU of the observing thread,
which a run waits for; *all* is that of the whole process, where sending and column lineage go on
beside it.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

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
    critical, whole = time.thread_time(), time.process_time()
    stream = observe(
        events,
        context=project.start(),
        graph=graph,
        lineage=lineage,
        tracer=tracer,
        redactor=container.redactor(),
    )
    nodes = 0
    for event in stream:
        nodes += isinstance(event, NodeFinished)
        time.sleep(pace_s)
    spent = time.thread_time() - critical
    for backend in (tracer, lineage):
        backend.close(60)
    return nodes, spent, time.process_time() - whole


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--assets", type=int, default=1000)
    parser.add_argument("--pace", type=float, default=5.0, help="milliseconds between events")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = write_project(Path(place), chosen.assets)
        (folder / "floe.yaml").write_text(CONTRACT)
        environ = {**os.environ, "DBT_PROFILES_DIR": str(folder / "profiles")}
        dbt = str(Path(sys.executable).with_name("dbt"))
        subprocess.run([dbt, "--quiet", "parse"], cwd=folder, env=environ, check=True)
        print(f"{'':>10} {'critical ms/node':>17} {'all ms/node':>12} {'peak MiB':>9}")
        for name, settings in (("off", OFF), ("on", ON), ("on again", ON)):
            with open_project(folder / "floe.yaml", overrides=settings) as project:
                nodes, critical, whole = observed(project, chosen.pace / 1000)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            columns = f"{critical / nodes * 1e3:>17.3f} {whole / nodes * 1e3:>12.3f} {peak:>9.0f}"
            print(f"{name:>10} {columns}")


if __name__ == "__main__":
    main()
