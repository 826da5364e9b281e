"""What floe defines is what dagster-dbt defines, key by key, and the project's unit tests."""

from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetsDefinition,
    DagsterInvalidDefinitionError,
)
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from floe.adapters.dagster.manifest import tidy_manifest
from floe.adapters.dagster.selection import DbtSelection
from floe.adapters.dagster.specs import ProjectSpecs, project_specs
from floe.adapters.dagster.translator import FloeTranslator
from floe.domain.model.errors import ArtifactError
from tests.unit.adapters.dagster.beside import (
    assert_assets_equal,
    assert_checks_equal,
    dagster_dbts,
)
from tests.unit.adapters.dagster.projects import (
    Manifest,
    check_of,
    layered,
    manifest_of,
    model,
    seed,
    source,
    unit_test,
)

ALL = DbtSelection()
Edges = set[tuple[AssetKey, AssetKey]]


def floes(manifest: Manifest, selection: DbtSelection = ALL, **options: Any) -> ProjectSpecs:
    return project_specs(tidy_manifest(manifest), FloeTranslator(**options), selection)


def edges(specs: ProjectSpecs) -> Edges:
    return {(dep.asset_key, spec.key) for spec in specs.assets for dep in spec.deps}


def assert_equal(ours: ProjectSpecs, theirs: AssetsDefinition) -> None:
    assert_assets_equal(ours.assets, theirs.specs)
    assert_checks_equal(ours.checks, theirs.check_specs)


@pytest.mark.parametrize("size", [10, 100, 1_000])
def test_assets_checks_and_edges_are_dagster_dbts_own(size: int) -> None:
    manifest = layered(size)

    assert_equal(floes(manifest), dagster_dbts(manifest))


@pytest.mark.engine
def test_assets_checks_and_edges_are_dagster_dbts_own_for_thousands() -> None:
    manifest = layered(5_000, width=400)

    assert_equal(floes(manifest), dagster_dbts(manifest))


SHOP = manifest_of(
    source("visits"),
    seed("raw"),
    model("inner", "seed.shop.raw", config={"materialized": "ephemeral", "enabled": True}),
    model("orders", "model.shop.inner", "source.shop.web.visits", tags=["nightly"]),
    model(
        "customers",
        "model.shop.orders",
        tags=["gold"],
        config={"schema": "my-marts", "enabled": True},
    ),
    check_of("not_null_orders_id", "model.shop.orders", attached="model.shop.orders"),
    check_of("orders_add_up", "model.shop.orders"),
    check_of("orders_match_customers", "model.shop.orders", "model.shop.customers"),
    check_of("visits_are_fresh", "source.shop.web.visits", attached="source.shop.web.visits"),
)


@pytest.mark.parametrize(
    ("select", "exclude"),
    [("fqn:*", ""), ("tag:gold", ""), ("+customers", ""), ("orders+", "customers"), ("raw", "")],
)
def test_a_selection_selects_what_it_selects_for_dagster_dbt(select: str, exclude: str) -> None:
    ours = floes(SHOP, DbtSelection((select,), tuple(exclude.split())))

    assert_equal(ours, dagster_dbts(SHOP, select=select, exclude=exclude or None))


def test_tests_of_sources_become_checks_when_dagster_dbts_setting_says_so() -> None:
    options = DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True)

    ours = floes(SHOP, settings=options)

    assert_equal(ours, dagster_dbts(SHOP, dagster_dbt_translator=DagsterDbtTranslator(options)))


def test_a_unit_test_is_a_blocking_check_of_its_model() -> None:
    manifest = manifest_of(model("orders"), unit_test("adds_up", "model.shop.orders"))

    (check,) = floes(manifest).checks

    assert check.key == AssetCheckKey(AssetKey("orders"), "adds_up")
    assert check.blocking


def test_two_resources_with_one_key_are_named_with_their_files() -> None:
    meta = {"dagster": {"asset_key": ["same"]}}
    manifest = manifest_of(model("a", meta=meta), model("b", meta=meta))

    with pytest.raises(DagsterInvalidDefinitionError, match=r"models/a\.sql.*models/b\.sql"):
        floes(manifest)


@st.composite
def projects(draw: st.DrawFn) -> Manifest:
    """Any acyclic project: each node reads some of those before it, and some are ephemeral."""
    nodes: list[dict[str, Any]] = [source("visits")]
    for number in range(draw(st.integers(1, 12))):
        ids = [node["unique_id"] for node in nodes if node["resource_type"] != "test"]
        parents = draw(st.lists(st.sampled_from(ids), unique=True, max_size=4))
        kind = draw(st.sampled_from(["view", "table", "ephemeral"]))
        config = {"materialized": kind, "meta": {}, "tags": [], "enabled": True}
        node = model(f"m{number}", *parents, config=config)
        nodes.append(node)
        if draw(st.booleans()):
            tested = draw(st.lists(st.sampled_from(ids), unique=True, max_size=2))
            is_generic = draw(st.booleans())
            attached = node["unique_id"] if is_generic else None
            nodes.append(check_of(f"t{number}", node["unique_id"], *tested, attached=attached))
    return manifest_of(*nodes)


@given(projects())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_project_has_dbts_edges_and_no_cycle(manifest: Manifest) -> None:
    ours = floes(manifest)

    assert edges(ours) == real_edges(manifest)
    assert is_acyclic(edges(ours))
    assert_equal(ours, dagster_dbts(manifest))


def real_edges(manifest: Manifest) -> Edges:
    """Return dbt's own edges between relations, with ephemeral models followed through."""
    nodes = manifest["nodes"]

    def read_by(unique_id: str) -> set[str]:
        found: set[str] = set()
        for parent in nodes[unique_id]["depends_on"]["nodes"]:
            is_ephemeral = (
                parent in nodes and nodes[parent]["config"]["materialized"] == "ephemeral"
            )
            found |= read_by(parent) if is_ephemeral else {parent}
        return found

    def key(unique_id: str) -> AssetKey:
        parts = unique_id.split(".")[2:]
        return AssetKey(parts)

    return {
        (key(parent), key(unique_id))
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral"
        for parent in read_by(unique_id)
    }


def is_acyclic(pairs: Edges) -> bool:
    left = set(pairs)
    while left:
        targets = {child for _, child in left}
        ready = {pair for pair in left if pair[0] not in targets}
        if not ready:
            return False
        left -= ready
    return True


def test_models_that_read_each_other_are_named_as_dbt_names_them() -> None:
    manifest = manifest_of(model("a", "model.shop.b"), model("b", "model.shop.a"))

    with pytest.raises(ArtifactError, match=r"Found a cycle: model\.shop\.\w --> model\.shop"):
        floes(manifest)


@pytest.mark.parametrize("select", ["fqn:*", "package:shop"])
def test_a_long_row_of_models_is_no_deeper_than_a_short_one(select: str) -> None:
    rows = [model(f"m{number}", f"model.shop.m{number + 1}") for number in range(1_500)]
    manifest = manifest_of(*rows, model("m1500"))

    assert len(floes(manifest, DbtSelection((select,))).assets) == 1_501


def test_a_manifest_that_is_no_file_names_the_path_and_the_remedy(tmp_path: Path) -> None:
    from floe.adapters.dagster.manifest import read_manifest

    missing = tmp_path / "target" / "manifest.json"

    with pytest.raises(ArtifactError, match=r"dbt parse") as error:
        read_manifest(missing)

    assert str(missing) in str(error.value)
