"""The end of a run that nobody ended."""

import json
from datetime import timedelta
from uuid import uuid4

from floe.adapters.openlineage.canonical import canonical
from floe.adapters.openlineage.last_will import ended
from floe.domain.model.node_event import InvocationStarted
from floe.domain.model.run import RunReference
from tests.fakes import NOON, context, node, started
from tests.unit.adapters.openlineage.emitting import Emitting

RAW = node("seed.shop.raw", columns={"id": {"name": "id"}})
MODEL = node("model.shop.people", "seed.shop.raw")
LATER = NOON + timedelta(seconds=30)


def test_the_end_says_who_where_and_why_and_leaves_all_else_to_the_start() -> None:
    above = RunReference(run_id=str(uuid4()), job_namespace="dagster", job_name="daily")
    events = Emitting(RAW, MODEL).tell(
        InvocationStarted(at=NOON, invocation_id="i", dbt_version="1.11.0"),
        started(MODEL.unique_id),
        run=context(parent=above, nominal_start=NOON),
    )

    for start in events[:2]:
        end = json.loads(ended(canonical(start).encode(), LATER))
        said = start["run"]["facets"]
        assert end["eventTime"] == "2026-01-02T12:00:30.000000Z"
        assert (end["run"]["runId"], end["job"]) == (
            start["run"]["runId"],
            {key: start["job"][key] for key in ("namespace", "name")},
        )
        error = end["run"]["facets"].pop("errorMessage")
        assert error["message"] == "the process that ran this ended without an account of it"
        assert end["run"]["facets"] == {
            key: said[key] for key in ("nominalTime", "parent", "processing_engine")
        }
        for side in ("inputs", "outputs"):
            assert end[side] == [
                {key: dataset[key] for key in ("namespace", "name")} for dataset in start[side]
            ]


def test_the_same_will_found_at_the_same_time_gives_the_same_bytes() -> None:
    (start,) = Emitting().tell(InvocationStarted(at=NOON, invocation_id="i"))
    once = ended(canonical(start).encode(), LATER)

    assert ended(once, LATER) == once
