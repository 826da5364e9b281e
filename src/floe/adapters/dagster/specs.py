"""The assets and checks of a dbt project, equal to dagster-dbt's own and with its unit tests."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from dagster import (
    AssetCheckKey,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetSpec,
    DagsterInvalidDefinitionError,
    Output,
)
from dagster_dbt import DbtProject, dbt_assets

from floe.adapters.dagster.manifest import Manifest, is_asset, parents_first, resource
from floe.adapters.dagster.names import mapping
from floe.adapters.dagster.selection import DbtSelection
from floe.adapters.dagster.translator import UNIQUE_ID, FloeTranslator

_EVERYTHING = {(), ("fqn:*",), ("*",)}


class ProjectSpecs(NamedTuple):
    """What one project defines."""

    assets: Sequence[AssetSpec]
    checks: Sequence[AssetCheckSpec]


def project_specs(
    manifest: Manifest,
    translator: FloeTranslator,
    selection: DbtSelection,
    project_dir: Path | None = None,
) -> ProjectSpecs:
    """Return the assets and checks of *manifest* that *selection* selects.

    Selections by path look into *project_dir*.

    Raises:
        ArtifactError: Resources read each other in a circle.
        DagsterInvalidDefinitionError: Two resources claim one asset key.
    """
    for unique_id in parents_first(manifest):
        # A translation asks for those of its parents: by now they are known, however long the row.
        if is_asset(manifest["nodes"][unique_id]):
            translator.get_asset_spec(manifest, unique_id, None)
    if selection.select in _EVERYTHING and not selection.exclude and not selection.selector:
        found = _everything(manifest, translator)
    else:
        found = _selected(manifest, translator, selection, project_dir)
    unit_tests = _unit_tests(manifest, translator, found)
    return ProjectSpecs(found.assets, [*found.checks, *unit_tests])


def _everything(manifest: Manifest, translator: FloeTranslator) -> ProjectSpecs:
    """Return all of the project, without starting dbt's selection engine for it."""
    nodes = mapping(manifest["nodes"])
    tests = _tests_by_parent(manifest)
    assets: list[AssetSpec] = []
    checks: dict[AssetCheckKey, AssetCheckSpec] = {}
    for unique_id, props in nodes.items():
        if not is_asset(props):
            continue
        spec = translator.get_asset_spec(manifest, unique_id, None)
        assets.append(spec)
        checks.update(_checks(manifest, translator, spec, tests.get(unique_id, ())))
    if translator.settings.enable_source_tests_as_checks:
        for unique_id in mapping(manifest["sources"]):
            spec = translator.get_asset_spec(manifest, unique_id, None)
            checks.update(_checks(manifest, translator, spec, tests.get(unique_id, ())))
    _refuse_duplicates(manifest, assets)
    return ProjectSpecs(assets, list(checks.values()))


def _selected(
    manifest: Manifest,
    translator: FloeTranslator,
    selection: DbtSelection,
    project_dir: Path | None,
) -> ProjectSpecs:
    """Return what dagster-dbt makes of *selection*: its decorator evaluates dbt's syntax."""

    def unused(context: AssetExecutionContext) -> Iterator[Output[None]]:  # noqa: ARG001
        """Stand in for a computation: only the specs are read."""
        yield from ()

    definition = dbt_assets(
        manifest=manifest,
        dagster_dbt_translator=translator,
        select=" ".join(selection.select) or "fqn:*",
        exclude=" ".join(selection.exclude) or None,
        selector=selection.selector,
        project=_dbt_project(project_dir),
    )(unused)
    return ProjectSpecs(list(definition.specs), list(definition.check_specs))


def _dbt_project(directory: Path | None) -> DbtProject | None:
    if directory is None or not (directory / "dbt_project.yml").is_file():
        return None
    return DbtProject(directory)


def _checks(
    manifest: Manifest, translator: FloeTranslator, spec: AssetSpec, tests: Iterable[str]
) -> dict[AssetCheckKey, AssetCheckSpec]:
    found = (translator.get_asset_check_spec(spec, manifest, test, None) for test in tests)
    return {check.key: check for check in found if check is not None}


def _tests_by_parent(manifest: Manifest) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for unique_id, props in mapping(manifest["nodes"]).items():
        if props["resource_type"] == "test":
            for parent in dict.fromkeys(props["depends_on"].get("nodes") or ()):
                found[parent].append(unique_id)
    return found


def _unit_tests(
    manifest: Manifest, translator: FloeTranslator, found: ProjectSpecs
) -> list[AssetCheckSpec]:
    if not translator.settings.enable_asset_checks:
        return []
    by_id = {spec.metadata[UNIQUE_ID]: spec for spec in found.assets}
    taken = {check.key for check in found.checks}
    checks = []
    for props in mapping(manifest.get("unit_tests")).values():
        models = [parent for parent in props["depends_on"].get("nodes") or () if parent in by_id]
        if models:
            check = translator.get_unit_test_check_spec(by_id[models[0]], props)
            if check.key not in taken:
                taken.add(check.key)
                checks.append(check)
    return checks


def _refuse_duplicates(manifest: Manifest, assets: Iterable[AssetSpec]) -> None:
    claims: dict[AssetKey, list[str]] = defaultdict(list)
    for spec in assets:
        claims[spec.key].append(str(spec.metadata[UNIQUE_ID]))
    problems = [
        f"{key.to_user_string()}: " + ", ".join(_place(manifest, claim) for claim in claimants)
        for key, claimants in claims.items()
        if len(claimants) > 1
    ]
    if problems:
        raise DagsterInvalidDefinitionError(
            "dbt resources share an asset key; set meta.dagster.asset_key on all but one:\n"
            + "\n".join(problems)
        )


def _place(manifest: Manifest, unique_id: str) -> str:
    props = resource(manifest, unique_id) or {}
    return f"{unique_id} ({props.get('original_file_path')})"
