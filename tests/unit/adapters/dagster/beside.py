"""floe's definitions beside dagster-dbt's own of the same manifest, field by field."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dagster import AssetCheckSpec, AssetExecutionContext, AssetsDefinition, AssetSpec, Output
from dagster_dbt import dbt_assets

SAME = (
    "description",
    "skippable",
    "code_version",
    "kinds",
    "automation_condition",
    "partitions_def",
    "freshness_policy",
)
"""Fields of an asset that are equal as they are."""
OBJECTS = ("dagster_dbt/manifest", "dagster_dbt/dagster_dbt_translator", "dagster_dbt/project")
"""Metadata that hold what made the definition: the manifest as read, the translator itself."""


def dagster_dbts(manifest: Any, **options: Any) -> AssetsDefinition:
    """Return what dagster-dbt makes of *manifest*."""

    @dbt_assets(manifest=manifest, **options)
    def theirs(context: AssetExecutionContext) -> Iterator[Output[None]]:  # noqa: ARG001
        """Never run."""
        yield from ()

    return theirs


def assert_assets_equal(ours: Iterable[AssetSpec], theirs: Iterable[AssetSpec]) -> None:
    """Differences are those of the reference: more owners, tags and metadata, none less."""
    floes, dbts = {spec.key: spec for spec in ours}, {spec.key: spec for spec in theirs}
    assert floes.keys() == dbts.keys()
    for key, spec in dbts.items():
        mine = floes[key]
        for field in SAME:
            assert getattr(mine, field) == getattr(spec, field), (key, field)
        assert (mine.group_name or "default") == (spec.group_name or "default"), key
        assert {dep.asset_key for dep in mine.deps} == {dep.asset_key for dep in spec.deps}, key
        assert mine.owners == spec.owners or not spec.owners, key
        assert spec.tags.items() <= mine.tags.items(), key
        assert "floe/tags" in mine.metadata or mine.tags == spec.tags, key
        _assert_metadata(mine.metadata, spec.metadata)


def assert_checks_equal(ours: Iterable[AssetCheckSpec], theirs: Iterable[AssetCheckSpec]) -> None:
    """Differences are those of the reference: unit tests, descriptions and metadata."""
    floes, dbts = {spec.key: spec for spec in ours}, {spec.key: spec for spec in theirs}
    more = [floes[key] for key in floes.keys() - dbts.keys()]
    assert all(check.metadata["floe/test_type"] == "unit" for check in more)
    assert dbts.keys() <= floes.keys()
    for key, spec in dbts.items():
        mine = floes[key]
        assert mine.blocking == spec.blocking, key
        assert mine.automation_condition == spec.automation_condition, key
        assert mine.description == spec.description or spec.description is None, key
        read = {dep.asset_key for dep in spec.additional_deps}
        assert {dep.asset_key for dep in mine.additional_deps} == read, key
        _assert_metadata(mine.metadata, spec.metadata)


def _assert_metadata(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    more = ours.keys() - theirs.keys()
    assert all(key.startswith("floe/") or key == "dagster/code_references" for key in more), more
    assert theirs.keys() <= ours.keys()
    for name, value in theirs.items():
        if name == "dagster/column_schema":
            assert _columns(ours[name]) == _columns(value)
        elif name not in OBJECTS:
            assert ours[name] == value, name


def _columns(schema: Any) -> list[tuple[Any, ...]]:
    """Return the columns without what floe adds: constraints, and classifications as tags."""
    return [
        (
            column.name,
            column.type,
            column.description,
            {key: text for key, text in column.tags.items() if not key.startswith("floe/")},
        )
        for column in schema.columns
    ]
