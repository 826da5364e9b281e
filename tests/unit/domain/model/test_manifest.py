"""What a project is made of, and who reads whom."""

from typing import Any

import pytest

from floe.domain.model.errors import ArtifactError
from floe.domain.model.manifest import DbtModelMetadata, DbtNode, Deferred
from tests.fakes import graph, node

MODEL = {"unique_id": "model.shop.orders", "name": "orders"}


def test_a_bare_node_takes_every_default() -> None:
    model = DbtModelMetadata.from_manifest_node(MODEL)

    assert (model.alias, model.database, model.schema_name) == ("orders", "", "")
    assert (model.materialization, model.owner, model.columns) == ("view", None, {})


@pytest.mark.parametrize("member", ["config", "depends_on", "columns", "tags", "meta", "alias"])
def test_a_null_member_is_an_absent_one(member: str) -> None:
    assert DbtNode.from_manifest_node({**MODEL, member: None}).unique_id == "model.shop.orders"


@pytest.mark.parametrize("meta", [{"floe": None}, {"floe": "text"}, {"floe": {"owner": 3}}, None])
def test_odd_meta_is_no_reason_to_fail(meta: Any) -> None:
    assert DbtNode.from_manifest_node({**MODEL, "meta": meta}).owner is None


def test_meta_is_found_under_config_as_well() -> None:
    columns = {"email": {"config": {"meta": {"floe": {"classification": 5, "pii_type": "email"}}}}}

    found = DbtNode.from_manifest_node({**MODEL, "columns": columns}).classifications

    assert [(item.column_name, item.classification, item.sensitivity) for item in found] == [
        ("email", "5", "medium")
    ]


def test_a_node_without_a_name_says_so() -> None:
    with pytest.raises(ArtifactError, match=r"model\.shop\.orders: a node has no name"):
        DbtModelMetadata.from_manifest_node({"unique_id": "model.shop.orders"})


def test_an_ephemeral_parent_gives_way_to_what_it_reads() -> None:
    seed = node("seed.shop.raw")
    gone = node("model.shop.gone", "seed.shop.raw", config={"materialized": "ephemeral"})
    model = node("model.shop.a", "model.shop.gone", "seed.shop.raw")

    assert graph(seed, gone, model).inputs_of("model.shop.a") == (seed,)


def test_a_source_that_is_a_seed_is_read_once() -> None:
    source = node("source.shop.office", identifier="raw", resource_type="source", name="office")
    seed = node("seed.shop.raw")
    model = node("model.shop.a", "source.shop.office", "seed.shop.raw")

    assert graph(source, seed, model).inputs_of("model.shop.a") == (seed,)


def test_a_deferred_part_is_loaded_once_and_late() -> None:
    loads: list[int] = []
    part = Deferred[int](lambda: loads.append(1) or {"a": 1})  # type: ignore[func-returns-value]

    assert loads == []
    assert (part["a"], len(part), list(part), loads) == (1, 1, ["a"], [1])


def test_an_exposure_reads_the_relations_behind_a_metric_once() -> None:
    model = node("model.shop.orders")
    semantic = node("semantic_model.shop.orders", model.unique_id)
    metric = node("metric.shop.revenue", semantic.unique_id)
    board = node("exposure.shop.board", metric.unique_id, model.unique_id)
    consumers = {item.unique_id: item for item in (semantic, metric, board)}

    assert graph(model, consumers=consumers).inputs_of(board.unique_id) == (model,)


def test_an_exposure_says_who_owns_it_and_what_it_is() -> None:
    board = node(
        "exposure.shop.board",
        owner={"name": None, "email": "ada@example.org"},
        type="dashboard",
        url="https://bi.example.org/board",
        maturity=None,
    )

    assert board.owner == "ada@example.org"
    assert board.exposed == {"type": "dashboard", "url": "https://bi.example.org/board"}
