"""A statement is a client span below its node, and no value of anybody's leaves with its text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.otlp.queries import sanitized
from floe.domain.model.node_event import NodeStatus, Query
from floe.domain.model.redaction import Redactor
from floe.domain.use_cases.observe import masked
from floe.testing.otlp_receiver import attributes_of
from tests.fakes import NOON, context, finished
from tests.unit.adapters.otlp.parts import CUSTOMERS, begun, kept_tracer, tell, transitions

CREATE = Query(started_at=NOON, finished_at=NOON, text="create table shop.customers as select 1")
BROKEN = Query(started_at=NOON, finished_at=NOON, text="/* a */ insert into x", failed=True)


def test_statements_are_client_spans_below_their_node() -> None:
    run = context(target="duckdb")
    message = "Database Error\n  no such table"
    end = finished(CUSTOMERS, status=NodeStatus.ERROR, message=message, queries=(CREATE, BROKEN))
    tracer, sink = kept_tracer()
    tell(tracer, transitions(run, begun(), end))
    tracer.close(10)
    node, create, insert = sink.received.spans

    assert [span.name for span in (create, insert)] == ["CREATE customers", "INSERT"]
    assert {span.kind for span in (create, insert)} == {3}
    assert {span.parent_span_id for span in (create, insert)} == {node.span_id}
    assert len({span.span_id for span in (node, create, insert)}) == 3
    said = attributes_of(create.attributes)
    assert said["db.system.name"] == "duckdb"
    assert said["db.operation.name"] == "CREATE"
    assert said["db.query.text"] == "create table shop.customers as select ?"
    assert (create.status.code, insert.status.code) == (0, 2)
    assert attributes_of(insert.attributes)["error.type"] == "dbt.database_error"


@pytest.mark.parametrize(
    ("sql", "kept"),
    [
        ("select 'a''b', 12.5e3 from t1", "select ?, ? from t1"),
        ("select 1 -- it's mine\nfrom t", "select ? from t"),
        ('/* {"app": "dbt"} */\n select \'x -- y\' as c', "select ? as c"),
        ('select "it\'s 5" from `a 7`', 'select "it\'s 5" from `a 7`'),
        ("select $tag$it's$tag$, $1", "select ?, $1"),
        ("select 'never closed", "select ?"),
        ("", ""),
    ],
)
def test_literals_and_comments_go_and_names_stay(sql: str, kept: str) -> None:
    assert sanitized(sql) == kept


@given(st.text(alphabet="ab'\"`-/*$;\n 1", max_size=40))
def test_nothing_in_single_quotes_stays_whatever_the_text(text: str) -> None:
    literal = f"{text}secret".replace("'", "''")
    quoted = f"select '{literal}' from t"  # noqa: S608 - nothing runs it

    assert "secret" not in sanitized(quoted)


def test_secrets_in_a_statement_are_masked() -> None:
    query = CREATE.model_copy(update={"text": "attach 'x' (token hunter2secret)"})
    clean = masked(finished(CUSTOMERS, queries=(query,)), Redactor(["hunter2secret"]))

    assert "hunter2secret" not in clean.queries[0].text  # type: ignore[union-attr]
