"""A run of which nothing came says what was meant."""

from pathlib import Path

import pytest

from floe.domain.model.errors import NothingSelectedError
from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.run import DbtCommand, DbtVerb, RunSummary
from tests.fakes import NOON

GRAPH = ProjectGraph(
    project_name="shop",
    adapter_type="duckdb",
    nodes={
        name: DbtNode(
            unique_id=name,
            resource_type="model",
            name=name,
            alias=name,
            database="shop",
            schema_name="dev",
        )
        for name in ("stg_orders", "customers")
    },
)
NOTHING = RunSummary(
    run_id="00000000-0000-0000-0000-000000000007",
    pipeline="shop",
    started_at=NOON,
    finished_at=NOON,
    exit_code=0,
)


def command(*select: str, verb: DbtVerb = DbtVerb.BUILD) -> DbtCommand:
    here = Path("/shop")
    return DbtCommand(
        project_dir=here, profiles_dir=here, profile="shop", target="dev", select=select, verb=verb
    )


@pytest.mark.parametrize(
    ("select", "fix"),
    [
        (("stg_ordrs",), "did you mean stg_orders?"),
        (("+stg_order+2",), "did you mean +stg_orders+2?"),
        (("2+stg_order", "@custmers"), "did you mean 2+stg_orders @customers?"),
        (("stg_ordrs custmers",), "did you mean stg_orders customers?"),
        (("tag:nightly",), "see `dbt ls --select`"),
        (("nothing_like_it",), "see `dbt ls --select`"),
        ((), "see `dbt ls --select`"),
    ],
)
def test_a_selection_that_matches_nothing_comes_with_the_nearest_names(
    select: tuple[str, ...], fix: str
) -> None:
    with pytest.raises(NothingSelectedError) as caught:
        NOTHING.require_nodes(command(*select), GRAPH)

    assert [problem.fix for problem in caught.value.problems] == [fix]


def test_a_retry_with_nothing_to_do_is_well() -> None:
    assert NOTHING.require_nodes(command(verb=DbtVerb.RETRY), GRAPH) is NOTHING
