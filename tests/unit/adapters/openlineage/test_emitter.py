"""The emitter: what is kept, when it may leave, and what happens when nothing goes well."""

import json
from datetime import datetime
from threading import Event

import pytest

from floe.adapters.delivery.memory_outbox import MemoryOutbox
from floe.adapters.openlineage.last_will import ended
from floe.adapters.openlineage.sql import lineage as sql_lineage
from floe.domain.model.delivery import Envelope, PayloadKind
from floe.domain.model.errors import LineageError, OutboxError
from floe.domain.model.lineage import LineageDataset, LineageEvent, LineageEventType
from floe.domain.model.node_event import InvocationFinished, InvocationStarted, NodeStatus
from floe.testing.openlineage_rules import breaches
from tests.fakes import NOON, RUN_ID, finished, node, started
from tests.unit.adapters.openlineage.emitting import NAMES, Emitting
from tests.unit.adapters.openlineage.official import needs_specification, schema_errors

RAW = node("seed.shop.raw", columns={"id": {"name": "id"}})
MODEL = node("model.shop.people", "seed.shop.raw")
SQL = "select id from shop.main.raw"
START = InvocationStarted(at=NOON, invocation_id="i")


class RecordingOutbox(MemoryOutbox):
    """Keeps what was put, and with which will and delay."""

    def __init__(self) -> None:
        super().__init__()
        self.puts: list[tuple[Envelope, datetime | None, Envelope | None]] = []

    def put(
        self,
        envelope: Envelope,
        *,
        not_before: datetime | None = None,
        last_will: Envelope | None = None,
    ) -> None:
        self.puts.append((envelope, not_before, last_will))
        super().put(envelope, not_before=not_before, last_will=last_will)


class FullOutbox(MemoryOutbox):
    """Takes nothing."""

    def put(
        self,
        envelope: Envelope,
        *,
        not_before: datetime | None = None,
        last_will: Envelope | None = None,
    ) -> None:
        message = f"no space for s3cr3t-value {envelope.kind} {not_before} {last_will is None}"
        raise OutboxError(message)


def body(envelope: Envelope) -> dict[str, object]:
    event: dict[str, object] = json.loads(envelope.body)
    return event


def test_each_run_is_a_key_of_its_own_and_its_end_is_marked() -> None:
    outbox = RecordingOutbox()

    Emitting(MODEL, outbox=outbox).tell(START, finished(MODEL.unique_id))

    kinds = [(item.kind, item.key) for item, _, _ in outbox.puts]
    assert [kind for kind, _ in kinds] == [
        PayloadKind.LINEAGE_START,
        PayloadKind.LINEAGE_START,
        PayloadKind.LINEAGE_END,
    ]
    assert kinds[1][1] == kinds[2][1] == body(outbox.puts[1][0])["run"]["runId"]  # type: ignore[index]


def test_a_start_leaves_the_end_that_others_may_send() -> None:
    outbox = RecordingOutbox()

    Emitting(MODEL, outbox=outbox).tell(START, started(MODEL.unique_id))

    for start, _, will in outbox.puts:
        assert will is not None
        assert (will.kind, will.key) == (PayloadKind.LINEAGE_END, start.key)
        end = json.loads(ended(will.body, NOON))
        assert end["eventType"] == "ABORT"
        assert breaches([body(start), end]) == []


@needs_specification
def test_a_last_will_is_valid_by_the_official_schemas() -> None:
    outbox = RecordingOutbox()
    Emitting(MODEL, outbox=outbox).tell(START, started(MODEL.unique_id))

    ends = [json.loads(ended(will.body, NOON)) for _, _, will in outbox.puts if will is not None]

    assert [error for end in ends for error in schema_errors(end)] == []


def test_the_same_transitions_give_the_same_bytes_in_any_process() -> None:
    events = (START, started(MODEL.unique_id), finished(MODEL.unique_id))
    first, second = RecordingOutbox(), RecordingOutbox()

    Emitting(RAW, MODEL, outbox=first).tell(*events)
    Emitting(RAW, MODEL, outbox=second).tell(*events)

    assert [item.body for item, _, _ in first.puts] == [item.body for item, _, _ in second.puts]


def test_a_repeated_transition_is_kept_once() -> None:
    emitting = Emitting(RAW, MODEL, columns=True)
    transitions = emitting.transitions(START, finished(MODEL.unique_id, compiled_code=SQL))

    for transition in (*transitions, *transitions):
        emitting.emitter.emit(transition)
    emitting.emitter.close(10.0)

    assert [event["eventType"] for event in emitting.delivered()] == [
        "START",
        "START",
        "COMPLETE",
    ]


def test_the_sender_hears_of_every_event() -> None:
    emitting = Emitting(MODEL)

    emitting.tell(START, finished(MODEL.unique_id))

    assert emitting.sender.wakes >= 3


def test_an_end_waits_a_moment_for_its_columns_and_leaves_with_them() -> None:
    outbox = RecordingOutbox()
    emitting = Emitting(RAW, MODEL, columns=True, outbox=outbox)

    events = emitting.tell(START, finished(MODEL.unique_id, compiled_code=SQL))

    assert outbox.puts[-1][1] is not None
    facets = events[-1]["outputs"][0]["facets"]
    assert facets["columnLineage"]["fields"]["id"]["inputFields"][0]["name"] == "shop.main.raw"
    assert [field["name"] for field in facets["schema"]["fields"]] == ["id"]


def test_columns_that_are_known_already_are_not_waited_for() -> None:
    outbox = RecordingOutbox()
    emitting = Emitting(RAW, MODEL, columns=True, outbox=outbox)
    assert emitting.columns is not None
    emitting.columns.work_out(MODEL, SQL)

    events = emitting.tell(START, finished(MODEL.unique_id, compiled_code=SQL))

    assert outbox.puts[-1][1] is None
    assert "columnLineage" in events[-1]["outputs"][0]["facets"]


def test_an_end_leaves_with_the_types_that_the_warehouse_tells_later() -> None:
    emitting = Emitting(RAW, MODEL, columns=True)
    end = finished(MODEL.unique_id, compiled_code=SQL, columns_follow=True)
    for transition in emitting.transitions(START, end):
        emitting.emitter.emit(transition)
    before = [event["eventType"] for event in emitting.delivered()]

    emitting.emitter.describe("model.shop.unknown", {"id": "TEXT"})
    emitting.emitter.describe(MODEL.unique_id, {"id": "BIGINT", "extra": "DATE"})
    emitting.emitter.close(10.0)
    (told,) = emitting.delivered()

    assert before == ["START", "START"]
    facets = told["outputs"][0]["facets"]
    fields = [(field["name"], field["type"]) for field in facets["schema"]["fields"]]
    assert fields == [("id", "BIGINT"), ("extra", "DATE")]
    assert "columnLineage" in facets


def test_an_end_whose_columns_nobody_tells_leaves_all_the_same() -> None:
    emitting = Emitting(RAW, MODEL, columns=True)

    events = emitting.tell(START, finished(MODEL.unique_id, compiled_code=SQL, columns_follow=True))

    assert events[-1]["eventType"] == "COMPLETE"
    assert "columnLineage" in events[-1]["outputs"][0]["facets"]


def test_a_failed_run_waits_for_nothing() -> None:
    outbox = RecordingOutbox()
    emitting = Emitting(RAW, MODEL, columns=True, outbox=outbox)

    emitting.tell(START, started(MODEL.unique_id), InvocationFinished(at=NOON, exit_code=2))

    assert [not_before for _, not_before, _ in outbox.puts] == [None] * 4


def test_the_close_does_not_wait_for_columns_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    released = Event()

    def never(*_: object) -> None:
        released.wait(20)

    monkeypatch.setattr(sql_lineage, "lineage_of_sql", never)
    emitting = Emitting(RAW, MODEL, columns=True)
    for transition in emitting.transitions(START, finished(MODEL.unique_id, compiled_code=SQL)):
        emitting.emitter.emit(transition)

    emitting.emitter.close(0.2)
    events = emitting.delivered()
    released.set()

    assert [event["eventType"] for event in events] == ["START", "START", "COMPLETE"]


def test_a_query_that_breaks_the_analysis_costs_its_columns_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        message = "a bug in the analysis"
        raise RuntimeError(message)

    monkeypatch.setattr(sql_lineage, "lineage_of_sql", broken)

    events = Emitting(RAW, MODEL, columns=True).tell(
        START, finished(MODEL.unique_id, compiled_code=SQL)
    )

    assert events[-1]["eventType"] == "COMPLETE"
    assert "columnLineage" not in events[-1]["outputs"][0]["facets"]


def test_what_cannot_be_kept_is_an_error_without_secrets_and_may_be_tried_again() -> None:
    emitting = Emitting(MODEL, outbox=FullOutbox())
    (transition,) = emitting.transitions(START)

    for _ in range(2):
        with pytest.raises(LineageError, match="no space") as caught:
            emitting.emitter.emit(transition)
        assert "s3cr3t-value" not in str(caught.value)


def test_an_event_of_the_design_documents_is_told_in_the_official_form() -> None:
    emitting = Emitting()
    dataset = LineageDataset(
        namespace=NAMES.namespace,
        name="shop.main.people",
        facets={"schema": {"fields": [{"name": "id"}]}, "outputStatistics": {"rowCount": 3}},
    )

    emitting.emitter.emit_start(RUN_ID, "people", inputs=[dataset])
    emitting.emitter.emit_complete(RUN_ID, "people", [], [dataset])
    start, complete = emitting.delivered()

    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert complete["job"]["namespace"] == "floe"
    assert complete["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == 3
    assert "outputStatistics" not in start["inputs"][0]["facets"]
    assert breaches([start, complete]) == []


def test_a_failure_can_be_told_in_the_words_of_the_design_documents() -> None:
    emitting = Emitting()

    emitting.emitter.emit_fail(RUN_ID, "people", "\x1b[31mlogin with s3cr3t-value failed")

    (event,) = emitting.delivered()
    assert event["run"]["facets"]["errorMessage"]["message"] == "login with ***** failed"


def test_any_event_value_can_be_told() -> None:
    emitting = Emitting()

    emitting.emitter.emit_event(
        LineageEvent(
            event_type=LineageEventType.ABORT, run_id=RUN_ID, job_namespace="ns", job_name="j"
        )
    )

    (event,) = emitting.delivered()
    assert (event["eventType"], event["job"]["namespace"]) == ("ABORT", "ns")


def test_an_event_that_is_not_kept_is_an_error() -> None:
    emitting = Emitting(outbox=FullOutbox())

    with pytest.raises(LineageError) as caught:
        emitting.emitter.emit_start(RUN_ID, "people")

    assert "s3cr3t-value" not in str(caught.value)


def test_the_project_can_be_told_before_anything_runs() -> None:
    test = node("test.shop.t", "model.shop.people", attached_node="model.shop.people")
    coded = node("model.shop.people", "seed.shop.raw", compiled_code=SQL)
    emitting = Emitting(RAW, coded, test, columns=True)

    count = emitting.emitter.emit_design(emitting.graph)

    events = emitting.delivered()
    jobs = {event["job"]["name"]: event for event in events if "job" in event}
    datasets = {event["dataset"]["name"] for event in events if "dataset" in event}
    assert count == len(events) == 5
    assert datasets == {"shop.main.raw", "shop.main.people"}
    assert jobs.keys() == {"shop.seed.raw", "shop.model.people", "shop.test.t"}
    output = jobs["shop.model.people"]["outputs"][0]
    assert list(output["facets"]["columnLineage"]["fields"]) == ["id"]
    assert jobs["shop.test.t"]["outputs"] == []


def test_an_exposure_is_the_same_job_before_anything_runs_and_when_dbt_comes_to_it() -> None:
    semantic = node("semantic_model.shop.people", MODEL.unique_id)
    board = node(
        "exposure.shop.board",
        semantic.unique_id,
        description="Who is who.",
        owner={"name": "Ada"},
        tags=["weekly"],
        type="dashboard",
        url="https://bi.example.org/board",
    )
    emitting = Emitting(RAW, MODEL, consumers=(board, semantic))

    emitting.emitter.emit_design(emitting.graph)
    (told,) = (event for event in emitting.delivered() if ".exposure." in str(event.get("job")))
    told_then = emitting.tell(finished(board.unique_id, status=NodeStatus.NO_OP))
    (last,) = (event for event in told_then if event["eventType"] == "COMPLETE")

    assert told["job"] == last["job"]
    assert [item["name"] for item in told["inputs"]] == ["shop.main.people"]
    assert [item["name"] for item in last["inputs"]] == ["shop.main.people"]
    assert (told["outputs"], last["outputs"]) == ([], [])
    facets = told["job"]["facets"]
    assert facets["jobType"]["jobType"] == "EXPOSURE"
    assert facets["documentation"]["description"] == "Who is who."
    assert facets["ownership"]["owners"] == [{"name": "Ada", "type": "OWNER"}]
    assert {(tag["key"], tag["value"]) for tag in facets["tags"]["tags"]} == {
        ("weekly", "true"),
        ("type", "dashboard"),
        ("url", "https://bi.example.org/board"),
    }
