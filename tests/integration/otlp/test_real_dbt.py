"""What a real dbt did is what the trace shows: every node, its time, its end, its SQL."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from floe.adapters.dbt.manifest import JsonManifestReader
from floe.adapters.dbt.subprocess_runner import SubprocessDbtRunner
from floe.adapters.noop import NoOpLineageEmitter
from floe.adapters.otlp.tracer import OtlpTracer
from floe.domain.model.manifest import Deferred, ProjectGraph
from floe.domain.model.node_event import NodeStarted
from floe.domain.model.redaction import Redactor
from floe.domain.model.run import DbtCommand, DbtVerb, RunContext
from floe.domain.model.tracing import TraceParent
from floe.domain.model.value import utc_now
from floe.domain.use_cases.observe import observe
from floe.testing.otlp_receiver import Received, attributes_of
from tests.unit.adapters.otlp.parts import KeepingSink, exporter

pytestmark = pytest.mark.engine
HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "see-a-trace.md"
QUERY_COMMENT = re.compile(r"```yaml\n(query-comment:\n.*?)```", re.DOTALL)
TRACEPARENT = re.compile(r"traceparent='00-([0-9a-f]{32})-([0-9a-f]{16})-01'")
INTERNAL = 1
FILES = {
    "profiles/profiles.yml": """
shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: "{{ env_var('SHOP_DATABASE') }}", threads: 2}
""",
    "seeds/raw.csv": "id,name\n1,a\n2,b\n2,c\n",
    "models/customers.sql": "select * from {{ ref('raw') }}",
    "models/slow.sql": (
        "{{ config(materialized='table') }}\n"
        "select count(*) as n from range({{ var('rows', 60000000) }}) as r(i), {{ ref('raw') }}"
        " where md5(cast(i as varchar)) like '00%'"
    ),
    "models/broken.sql": (
        "{{ config(materialized='table') }} select nowhere from {{ ref('raw') }}"
    ),
    "models/after.sql": "select * from {{ ref('broken') }}",
    "models/schema.yml": (
        "models: [{name: customers, columns: [{name: id, data_tests: [unique, not_null]}]}]"
    ),
}


class Told:
    """One run of dbt: its context, what arrived, and what dbt itself wrote down."""

    def __init__(self, project: Path, context: RunContext, received: Received) -> None:
        self.context = context
        self.received = received
        self.results: list[dict[str, Any]] = []
        results = project / "target" / "run_results.json"
        if results.exists():
            self.results = json.loads(results.read_text())["results"]
        self.log = (project / "logs" / "dbt.log").read_text()

    @property
    def nodes(self) -> dict[str, Any]:
        """Unique id → span."""
        spans = {
            attributes_of(span.attributes).get("dbt.node.unique_id"): span
            for span in self.spans
            if span.kind == INTERNAL
        }
        return {str(name): span for name, span in spans.items() if name}

    @property
    def spans(self) -> list[Any]:
        return list(self.received.spans)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("shop")
    comment = QUERY_COMMENT.search(HOW_TO.read_text())
    assert comment, "the page shows the snippet"
    files = FILES | {
        "dbt_project.yml": f"name: shop\nversion: '1.0'\nprofile: shop\n{comment.group(1)}"
    }
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return project


def run(
    project: Path,
    *select: str,
    rows: int = 1000,
    stop: str | None = None,
    queries: bool = False,
) -> Told:
    context = RunContext(
        run_id=str(uuid4()), pipeline="shop", started_at=utc_now(), target="duckdb"
    )
    parent = TraceParent(trace_id=context.trace_id, span_id=context.invocation_span_id)
    command = DbtCommand(
        verb=DbtVerb.BUILD,
        project_dir=project,
        profiles_dir=project / "profiles",
        profile="shop",
        target="dev",
        select=select,
        variables={"rows": rows},
        queries=queries,
        environment={
            "TRACEPARENT": str(parent),
            "SHOP_DATABASE": str(project / "shop.duckdb"),
            "TZ": "Asia/Tokyo",
        },
    )
    sink = KeepingSink()
    tracer = OtlpTracer(exporter(sink))
    (project / "logs" / "dbt.log").unlink(missing_ok=True)
    events = observe(
        SubprocessDbtRunner().run(command),
        context=context,
        graph=graph_of(project),
        lineage=NoOpLineageEmitter(),
        tracer=tracer,
        redactor=Redactor(),
    )
    for event in events:
        if isinstance(event, NodeStarted) and event.unique_id == stop:
            events.close()
            break
    tracer.close(10)
    return Told(project, context, sink.received)


def graph_of(project: Path) -> ProjectGraph:
    """Return the graph that dbt writes down before it runs the first node."""
    manifest = project / "target" / "manifest.json"
    return ProjectGraph(
        project_name="shop",
        adapter_type="duckdb",
        nodes=Deferred(lambda: JsonManifestReader().read(manifest).nodes),
    )


@pytest.fixture(scope="module")
def build(project: Path) -> Told:
    return run(project)


def test_every_node_that_dbt_accounts_for_has_a_span(build: Told) -> None:
    assert build.nodes.keys() == {result["unique_id"] for result in build.results}
    assert {result["status"] for result in build.results} >= {"success", "error", "fail", "skipped"}


def test_every_span_ends_as_dbt_says(build: Told) -> None:
    for result in build.results:
        span = build.nodes[result["unique_id"]]
        assert attributes_of(span.attributes)["dbt.node.status"] == result["status"]
        assert (span.status.code == 2) == (result["status"] in {"error", "fail"})


def test_spans_last_as_long_as_dbt_says(build: Told) -> None:
    for result in build.results:
        span = build.nodes[result["unique_id"]]
        seconds = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
        assert seconds == pytest.approx(result["execution_time"], abs=0.1)


def test_spans_stand_where_they_belong_in_time(build: Told) -> None:
    (invocation,) = [span for span in build.spans if span.name.startswith("dbt ")]
    for result in build.results:
        span = build.nodes[result["unique_id"]]
        for timing in result["timing"]:
            began = datetime.fromisoformat(timing["started_at"]).timestamp()
            assert span.start_time_unix_nano / 1e9 <= began + 0.1
            assert span.end_time_unix_nano / 1e9 >= began - 0.1
        assert invocation.start_time_unix_nano <= span.start_time_unix_nano
        assert span.end_time_unix_nano <= invocation.end_time_unix_nano


def test_a_failure_is_told_in_dbts_words_and_without_this_runs_ids(build: Told) -> None:
    broken = build.nodes["model.shop.broken"]

    assert "nowhere" in broken.status.message
    assert "traceparent" not in broken.status.message
    assert attributes_of(broken.attributes)["error.type"] == "dbt.runtime_error"


def test_the_sql_names_the_spans(build: Told) -> None:
    """dbt's own Jinja works out the ids, by the snippet that the documentation shows."""
    named = set(TRACEPARENT.findall(build.log))
    ids = {(span.trace_id.hex(), span.span_id.hex()) for span in build.spans}
    executed = {
        (build.context.trace_id, build.nodes[result["unique_id"]].span_id.hex())
        for result in build.results
        if result["status"] != "skipped"
    }

    assert named <= ids
    assert executed <= named


def test_a_part_of_the_project_gives_a_part_of_the_spans(project: Path, build: Told) -> None:
    part = run(project, "customers")

    assert part.nodes.keys() == {result["unique_id"] for result in part.results}
    assert len(part.nodes) < len(build.nodes)
    assert part.nodes["model.shop.customers"].links == []


def test_a_run_that_is_broken_off_ends_every_span(project: Path, build: Told) -> None:
    del build
    told = run(project, "raw", "slow", rows=10_000_000_000, stop="model.shop.slow")

    assert told.nodes.keys() == {"seed.shop.raw", "model.shop.slow"}
    said = attributes_of(told.nodes["model.shop.slow"].attributes)
    assert said["dbt.node.status"] == "interrupted"
    assert said["error.type"] == "interrupted"
    assert len(told.spans) == 3


def test_every_statement_is_a_span_inside_its_node(project: Path, build: Told) -> None:
    del build
    told = run(project, "customers", "broken", queries=True)
    nodes = {span.span_id: span for span in told.nodes.values()}
    queries = [span for span in told.spans if span.kind != INTERNAL]
    failed = [span for span in queries if span.status.code == 2]

    for query in queries:
        node = nodes[query.parent_span_id]
        assert node.start_time_unix_nano <= query.start_time_unix_nano
        assert query.end_time_unix_nano <= node.end_time_unix_nano
    texts = [attributes_of(span.attributes)["db.query.text"] for span in queries]
    assert any("customers" in text and text.startswith("create view") for text in texts)
    assert not any("traceparent" in text for text in texts)
    assert [span.parent_span_id for span in failed] == [told.nodes["model.shop.broken"].span_id]
    assert "nowhere" in failed[0].status.message
