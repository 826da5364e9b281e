"""The main job as a new user sees it: init, run, run again, and everything joins."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from floe.testing.openlineage_rules import breaches
from tests.integration.main_job.conftest import Ended, Shop, span_attributes
from tests.unit.adapters.openlineage.official import needs_specification, schema_errors


class Runs:
    """Two runs of the demo project under Dagster, and what they left behind."""

    def __init__(self, folder: Path) -> None:
        start = Shop(folder)
        assert start.floe("init", "shop").code == 0
        self.shop = Shop(folder / "shop")
        self.first = self.shop.floe("run", "--output", "json")
        self.first_events = self.shop.events
        self.first_spans = self.shop.spans
        self.second = self.shop.floe("run", "--output", "json")

    @staticmethod
    def nodes(ended: Ended) -> dict[str, str]:
        said = [json.loads(line) for line in ended.out.splitlines()]
        return {
            item["node"]["unique_id"] if isinstance(item["node"], dict) else item["node"]: item[
                "status"
            ]
            for item in said
            if item["type"] == "node.finished"
        }


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(tmp_path_factory.mktemp("main_job"))


def test_both_runs_are_well(runs: Runs) -> None:
    assert (runs.first.code, runs.second.code) == (0, 0), runs.first.err + runs.second.err
    assert runs.nodes(runs.first) == runs.nodes(runs.second)
    assert len(runs.nodes(runs.first)) >= 40


def test_the_last_line_is_the_end_with_its_exit_code(runs: Runs) -> None:
    last = json.loads(runs.first.out.splitlines()[-1])

    assert (last["type"], last["exit_code"]) == ("run.finished", 0)


def test_nothing_but_progress_is_printed(runs: Runs) -> None:
    assert runs.first.err == ""


def test_start_and_end_counts_match_the_executed_nodes(runs: Runs) -> None:
    told = Counter(event["eventType"] for event in runs.first_events)

    assert told["START"] == len(runs.nodes(runs.first)) + 1
    assert told["START"] == told["COMPLETE"]
    assert breaches(runs.first_events) == []


@needs_specification
def test_every_event_and_facet_is_valid_by_the_official_schemas(runs: Runs) -> None:
    assert [error for event in runs.first_events for error in schema_errors(event)] == []


def test_each_span_joins_to_its_event_and_each_event_to_its_span(runs: Runs) -> None:
    by_run = {event["run"]["runId"]: event for event in runs.first_events}
    joined: dict[str, dict[str, Any]] = {}
    for span in runs.first_spans:
        run_id = span_attributes(span).get("openlineage.run.id")
        if run_id is not None:
            joined[run_id] = span

    assert joined.keys() == by_run.keys()
    for run_id, span in joined.items():
        trace = by_run[run_id]["run"]["facets"]["floe_traceContext"]
        assert (trace["traceId"], trace["spanId"]) == (span["traceId"], span["spanId"])


def test_everything_is_one_trace_under_the_run(runs: Runs) -> None:
    spans = {span["spanId"]: span for span in runs.first_spans}
    roots = [span for span in spans.values() if not span.get("parentSpanId")]

    assert len({span["traceId"] for span in spans.values()}) == 1
    assert [root["name"].split()[0] for root in roots] == ["floe.run"]
    assert all(span.get("parentSpanId") in {None, "", *spans} for span in spans.values())


def test_a_page_about_the_run_can_be_written(runs: Runs) -> None:
    ended = runs.shop.floe("report")

    page = Path(ended.out.strip()).read_text()
    assert ended.code == 0
    assert "fct_sailings" in page
    assert re.search(r"""(src|href)=["']?https?:""", page) is None


def test_nothing_waits_in_the_outbox(runs: Runs) -> None:
    ended = runs.shop.floe("lineage", "status", "--json")

    account = json.loads(ended.out.splitlines()[0])
    assert account["waiting"] == account["refused"] == account["dropped"] == 0
    assert account["delivered"] == len(runs.shop.events)


def test_the_profile_on_disk_is_current(runs: Runs) -> None:
    assert runs.shop.floe("profiles", "--check").code == 0
