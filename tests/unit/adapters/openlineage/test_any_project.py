"""Whatever stands in a project, its lineage keeps the rules and the schemas."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_event import InvocationFinished, InvocationStarted, NodeStatus
from floe.testing.openlineage_rules import breaches
from tests.fakes import NOON, finished, node
from tests.unit.adapters.openlineage.emitting import Emitting
from tests.unit.adapters.openlineage.official import needs_specification, schema_errors

TEXT = st.text(max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
COLUMNS = st.dictionaries(
    TEXT,
    st.fixed_dictionaries(
        {},
        optional={
            "data_type": st.none() | TEXT,
            "description": st.none() | TEXT,
            "tags": st.lists(TEXT, max_size=2),
            "meta": st.dictionaries(TEXT, SCALARS, max_size=2)
            | st.just({"floe": {"classification": "pii"}}),
        },
    ),
    max_size=3,
)
KINDS = st.sampled_from(["model", "seed", "snapshot", "source", "test", "unit_test", "operation"])


@st.composite
def projects(draw: st.DrawFn) -> list[DbtNode]:
    """Draw up to four nodes, each of which may read those before it."""
    nodes: list[DbtNode] = []
    for number in range(draw(st.integers(1, 4))):
        kind = draw(KINDS)
        read = [item.unique_id for item in nodes if draw(st.booleans())]
        fields: dict[str, Any] = draw(
            st.fixed_dictionaries(
                {"columns": COLUMNS},
                optional={
                    "description": TEXT,
                    "tags": st.lists(TEXT, max_size=2),
                    "compiled_code": st.none() | TEXT | st.just("select 1 as one"),
                    "config": st.fixed_dictionaries(
                        {
                            "materialized": st.sampled_from(
                                ["view", "table", "incremental", "ephemeral", "made_up"]
                            ),
                            "meta": st.dictionaries(TEXT, SCALARS, max_size=2),
                        }
                    ),
                    "column_name": st.none() | TEXT,
                },
            )
        )
        nodes.append(node(f"{kind}.shop.n{number}", *read, **fields))
    return nodes


def told(nodes: list[DbtNode], statuses: list[NodeStatus], message: str) -> list[dict[str, Any]]:
    ends = [
        finished(item.unique_id, status=status, message=message, failures=1)
        for item, status in zip(nodes, statuses, strict=False)
    ]
    return Emitting(*nodes, columns=True).tell(
        InvocationStarted(at=NOON, invocation_id="i"),
        *ends,
        InvocationFinished(at=NOON + timedelta(seconds=5), exit_code=1, message=message),
    )


@needs_specification
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(projects(), st.lists(st.sampled_from(NodeStatus), min_size=4, max_size=4), TEXT)
def test_every_project_is_told_validly(
    nodes: list[DbtNode], statuses: list[NodeStatus], message: str
) -> None:
    events = told(nodes, statuses, message)

    assert breaches(events) == []
    assert [error for event in events for error in schema_errors(event)] == []
    assert len(events) == 2 * (len(nodes) + 1)
