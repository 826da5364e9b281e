"""dbt's events become values: one end for each node, with everything that dbt knows of it."""

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.dbt.event_mapping import EventMapping
from floe.domain.model.errors import EnvironmentNotReadyError
from floe.domain.model.node_event import (
    DbtEvent,
    InvocationFinished,
    InvocationStarted,
    LogEmitted,
    NodeFinished,
    NodeStarted,
    NodeStatus,
)
from tests.unit.adapters.dbt.events import CUSTOMERS, account, event, line, node

HOOK = "operation.shop.shop-on-run-start-0"


def story(raws: Iterable[dict[str, Any]], mapping: EventMapping | None = None) -> list[DbtEvent]:
    mapping = mapping or EventMapping()
    return [value for raw in raws for value in mapping.feed(raw)]


def ends(raws: Iterable[dict[str, Any]]) -> list[NodeFinished]:
    return [value for value in story(raws) if isinstance(value, NodeFinished)]


def test_the_invocation_begins_with_the_version_that_dbt_reports() -> None:
    values = story([event("MainReportVersion", version="=1.11.0"), event("Formatting")])

    assert [type(value) for value in values] == [InvocationStarted]
    assert isinstance(values[0], InvocationStarted)
    assert (values[0].dbt_version, values[0].invocation_id) == ("1.11.0", "i")


def test_silence_is_heard_once_the_invocation_has_begun() -> None:
    mapping = EventMapping()

    before = list(mapping.silence())
    story([event("MainReportVersion", version="=1.11.0")], mapping)
    (after,) = mapping.silence()

    assert before == []
    assert isinstance(after, LogEmitted)
    assert (after.level, after.text) == ("debug", "")


def test_a_node_starts_when_dbt_says_and_in_utc() -> None:
    started = story([event("LogStartLine", node_info=node())])[-1]

    assert isinstance(started, NodeStarted)
    assert started.at == datetime(2026, 1, 2, 12, 0, 0, 100_000, tzinfo=UTC)
    assert (started.unique_id, started.resource_type, started.name) == (
        CUSTOMERS,
        "model",
        "customers",
    )


def test_both_accounts_of_an_end_become_one_that_keeps_the_line() -> None:
    spoken = line()
    (end,) = ends([spoken, account(adapter_response={"rows_affected": 3.0, "code": "INSERT"})])

    assert end.raw == spoken
    assert end.status is NodeStatus.SUCCESS
    assert (end.rows_affected, end.adapter_response) == (3, {"rows_affected": 3, "code": "INSERT"})
    assert end.started_at == datetime(2026, 1, 2, 12, 0, 0, 100_000, tzinfo=UTC)
    assert end.at == datetime(2026, 1, 2, 12, 0, 0, 300_001, tzinfo=UTC)
    assert (end.message, end.materialization, end.thread) == ("OK", "table", "Thread-1 (worker)")
    assert end.relation_name == '"shop"."main"."customers"'
    assert end.failures is None


@pytest.mark.parametrize("unknown", [-1.0, "-1", "many", None, 1.5])
def test_rows_that_an_adapter_does_not_know_are_not_counted(unknown: object) -> None:
    (end,) = ends([account(adapter_response={"rows_affected": unknown})])

    assert end.rows_affected is None


def test_rows_written_as_text_are_counted() -> None:
    (end,) = ends([account(adapter_response={"rows_affected": "12"})])

    assert end.rows_affected == 12


@pytest.mark.parametrize(
    ("response", "rows"),
    [
        ({"code": "SUCCESS", "rows_affected": 1.0}, None),
        ({"code": "SUCCESS", "rows_affected": 1.0, "rows_inserted": 0.0}, 0),
        ({"code": "SUCCESS", "rows_affected": 40.0, "rows_inserted": 40.0}, 40),
        ({"code": "SUCCESS", "rows_affected": 3.0, "rows_inserted": 3.0, "rows_updated": 2.0}, 5),
        ({"code": "INSERT", "rows_affected": 1.0}, 1),
    ],
)
def test_the_line_in_which_snowflake_says_that_it_is_done_is_no_row(
    response: dict[str, object], rows: int | None
) -> None:
    (end,) = ends([account(adapter_response=response)])

    assert end.rows_affected == rows


def test_a_failure_has_its_message_at_once_and_without_colours() -> None:
    text = "\x1b[31mBinder Error\x1b[0m: no such column\n"
    (end,) = ends([account(status="error", message=text)])

    assert (end.status, end.message) == (NodeStatus.ERROR, "Binder Error: no such column")


def test_the_failing_rows_of_a_test_are_counted() -> None:
    test = "test.shop.unique_customers_id.1"
    (end,) = ends([account(test, status="fail", num_failures=2)])

    assert (end.status, end.failures) == (NodeStatus.FAIL, 2)


def test_a_skipped_node_only_ends() -> None:
    about = node(node_finished_at="", node_status="skipped")
    values = story(
        [
            event("NodeStart", level="debug", node_info=about),
            event("SkippingDetails", node_info=about),
            account(node=about, status="skipped", message=""),
        ]
    )

    assert [type(value) for value in values] == [InvocationStarted, NodeFinished]
    assert ends([account(node=about, status="skipped")])[0].status is NodeStatus.SKIPPED


def test_a_skip_because_of_an_ephemeral_model_belongs_to_the_node_that_ends_next() -> None:
    because = event("LogSkipBecauseError", level="error", relation="customers")
    (end,) = ends([because, account(status="skipped", message="caused by another")])

    assert end.raw == because
    assert end.message == "caused by another"


def test_an_ephemeral_model_that_goes_well_says_nothing() -> None:
    assert not ends([account(node=node(materialized="ephemeral"))])


def test_an_ephemeral_model_that_does_not_compile_fails() -> None:
    about = node(materialized="ephemeral", node_status="error")

    assert [end.status for end in ends([account(node=about, status="error")])] == [NodeStatus.ERROR]


def test_a_batch_is_not_the_end_of_its_model() -> None:
    batch = event("LogBatchResult", text="Batch 1 of 1 OK", node_info=node())
    values = story([batch, account(), line(), account(status="partial success")])

    assert [type(value) for value in values] == [InvocationStarted, LogEmitted, NodeFinished]
    assert isinstance(values[-1], NodeFinished)
    assert values[-1].status is NodeStatus.PARTIAL_SUCCESS


def test_a_second_account_of_the_same_end_is_ignored() -> None:
    assert len(ends([account(), account()])) == 1


def test_a_hook_is_a_node() -> None:
    about = node(HOOK)
    values = story(
        [
            event("LogHookStartLine", node_info=about),
            event("LogHookEndLine", node_info=about, status="success", execution_time=0.1),
        ]
    )

    assert [type(value) for value in values[1:]] == [NodeStarted, NodeFinished]
    assert isinstance(values[2], NodeFinished)
    assert values[2].resource_type == "operation"


def test_a_failed_hook_waits_for_the_summary_that_says_why() -> None:
    about = node(HOOK)
    failed = event("LogHookEndLine", node_info=about, status="error", execution_time=0.1)
    why = event("RunResultError", level="error", text="  no such table", node_info=about)

    assert not ends([failed])
    assert [end.message for end in ends([failed, why])] == ["no such table"]


def test_a_failed_hook_ends_even_if_dbt_never_says_why() -> None:
    mapping = EventMapping()
    story([event("LogHookEndLine", node_info=node(HOOK), status="error")], mapping)

    failed, last = mapping.finish(1)

    assert isinstance(failed, NodeFinished)
    assert isinstance(last, InvocationFinished)


STATEMENTS = {
    "the first": "create table h as (\n select *, now() from (\n select * from raw\n ) sbq\n);",
    "a later one": (
        "create temp table t as (with snapshot_query as (\n\n select * from raw\n\n ),\n\n"
        " snapshotted_data as (\n select * from history ), last as (select * from (x) sbq) ...);"
    ),
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_snapshot_ends_with_the_query_that_was_sent_for_it(statement: str) -> None:
    about = node("snapshot.shop.history")
    sent = event("SQLQuery", level="debug", node_info=about, sql=statement)
    other = event("SQLQuery", level="debug", node_info=about, sql="drop table t")

    (end,) = ends([sent, other, account("snapshot.shop.history")])

    assert end.compiled_code == "select * from raw"
    assert end.queries == ()


def test_statements_come_with_their_node_where_they_were_asked_for() -> None:
    sent = event("SQLQuery", level="debug", node_info=node(), sql="select 1")
    end = story([sent, account()], EventMapping(queries=True))[-1]

    assert isinstance(end, NodeFinished)
    assert [query.text for query in end.queries] == ["select 1"]
    assert end.compiled_code is None


def test_only_what_dbt_tells_people_is_logged() -> None:
    values = story(
        [
            event("SQLQuery", level="debug", text="select 1"),
            event("Formatting", text=""),
            event("FoundStats", text="\x1b[32mFound\x1b[0m 2 models"),
        ]
    )

    assert [value.text for value in values if isinstance(value, LogEmitted)] == ["Found 2 models"]


def test_dbt_that_could_not_run_says_why() -> None:
    mapping = EventMapping()
    story([event("MainEncounteredError", level="error", exc="Parsing Error\n  no")], mapping)
    end = list(mapping.finish(2))[-1]

    assert isinstance(end, InvocationFinished)
    assert (end.exit_code, end.message) == (2, "Parsing Error\n  no")


def test_dbt_that_never_began_still_has_a_beginning_and_an_end() -> None:
    values = list(EventMapping().finish(2, fallback_message="No such option: --nonsense"))

    assert len(values) == 2
    assert isinstance(values[0], InvocationStarted)
    assert isinstance(values[1], InvocationFinished)
    assert values[1].message == "No such option: --nonsense"


def test_what_is_printed_beside_a_run_that_went_well_is_no_message() -> None:
    (_, end) = EventMapping().finish(0, fallback_message="a warning of some library")

    assert isinstance(end, InvocationFinished)
    assert end.message is None


def test_an_interrupt_from_outside_is_told() -> None:
    mapping = EventMapping()
    story(
        [event("EndOfRunSummary", text="Exited because of keyboard", keyboard_interrupt=True)],
        mapping,
    )
    end = list(mapping.finish(1))[-1]

    assert isinstance(end, InvocationFinished)
    assert end.interrupted


def test_a_missing_adapter_is_a_lack_of_the_environment() -> None:
    mapping = EventMapping()
    text = "Runtime Error\n  Credentials in profile: Could not find adapter type oracle!"
    story([event("MainEncounteredError", level="error", exc=text)], mapping)

    with pytest.raises(EnvironmentNotReadyError, match="oracle"):
        list(mapping.finish(2))


names = st.sampled_from(
    [
        "MainReportVersion",
        "LogStartLine",
        "NodeFinished",
        "LogModelResult",
        "LogHookStartLine",
        "LogHookEndLine",
        "LogBatchResult",
        "SkippingDetails",
        "LogSkipBecauseError",
        "RunResultError",
        "CommandCompleted",
        "EndOfRunSummary",
    ]
)
raws = st.builds(
    lambda name, unique_id, status: (
        account(unique_id, status=status)
        if name == "NodeFinished"
        else event(name, text="x", node_info=node(unique_id), status=status)
    ),
    names,
    st.sampled_from([CUSTOMERS, HOOK, "test.shop.t.1"]),
    st.sampled_from(["success", "error", "skipped", "something new"]),
)


@given(st.lists(raws, max_size=30), st.sampled_from([0, 1, 2]))
def test_whatever_comes_each_node_starts_and_ends_at_most_once(
    events: list[dict[str, Any]], exit_code: int
) -> None:
    mapping = EventMapping()
    values = [*story(events, mapping), *mapping.finish(exit_code)]

    starts = [value.unique_id for value in values if isinstance(value, NodeStarted)]
    ended = [value.unique_id for value in values if isinstance(value, NodeFinished)]
    assert len(starts) == len(set(starts))
    assert len(ended) == len(set(ended))
    assert isinstance(values[0], InvocationStarted)
    assert isinstance(values[-1], InvocationFinished)


@given(st.datetimes(timezones=st.none() | st.just(UTC)))
def test_every_time_of_dbt_is_kept_to_the_microsecond(at: datetime) -> None:
    about = node(node_started_at=at.isoformat())
    (_, started) = story([event("LogStartLine", node_info=about)])

    assert started.at == at.replace(tzinfo=UTC)


@given(st.text())
def test_a_time_that_is_none_is_replaced_by_that_of_the_event(text: str) -> None:
    with contextlib.suppress(ValueError):
        datetime.fromisoformat(text)
        return
    (_, started) = story([event("LogStartLine", node_info=node(node_started_at=text))])

    assert started.at == datetime(2026, 1, 2, 12, tzinfo=UTC)
