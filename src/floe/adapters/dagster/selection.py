"""From the assets and checks that Dagster selected to dbt's own selection syntax."""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath
from typing import NamedTuple, Self

from dagster import AssetCheckKey, AssetCheckSpec, AssetKey, AssetSpec

from floe.adapters.dagster.manifest import Manifest, Props, resource
from floe.adapters.dagster.names import mapping
from floe.adapters.dagster.translator import UNIQUE_ID

_SPECIAL = re.compile(r"[\s,+@:*?\[\]()]")
"""Characters that mean something to dbt's selection syntax; ``?`` matches any one of them."""
_ALONE = ("--indirect-selection", "empty")
"""Tests run only where they are named."""


class DbtSelection(NamedTuple):
    """What dbt is asked to run; *arguments* go to dbt as they are."""

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selector: str | None = None
    arguments: tuple[str, ...] = ()

    @classmethod
    def of(cls, select: str, exclude: str | None, selector: str | None) -> Self:
        """Return the selection that a person writes, criteria apart by spaces as for dbt."""
        return cls(tuple(select.split()), tuple((exclude or "").split()), selector or None)


class Selected(NamedTuple):
    """The part of a definition that one run is about."""

    assets: AbstractSet[AssetKey]
    checks: AbstractSet[AssetCheckKey]


def unique_ids_of(
    specs: Iterable[AssetSpec],
) -> dict[AssetKey, str]:
    """Return asset key → dbt unique id."""
    return {spec.key: str(spec.metadata[UNIQUE_ID]) for spec in specs}


def unique_ids_of_checks(specs: Iterable[AssetCheckSpec]) -> dict[AssetCheckKey, str]:
    """Return check key → dbt unique id."""
    return {spec.key: str(spec.metadata[UNIQUE_ID]) for spec in specs}


def dbt_selection(
    selected: Selected,
    assets: Mapping[AssetKey, str],
    checks: Mapping[AssetCheckKey, str],
    manifest: Manifest,
    default: DbtSelection | None,
) -> DbtSelection:
    """Return what selects exactly *selected* of a definition with *assets* and *checks*.

    With everything selected it is *default*, where there is one: the selection that the
    definition was made with. Without one the definition is a part of a project, and every test
    is named: one that also reads another part's models must not run with that part. In a subset,
    tests come along with the models they are about, unless one of those is left out.
    """
    if (
        default is not None
        and selected.assets >= assets.keys()
        and selected.checks >= checks.keys()
    ):
        return default
    directories = _directories(manifest)
    nodes = [_criterion(manifest, assets[key], directories) for key in sorted(selected.assets)]
    own_checks = {key for key in checks if key.asset_key in selected.assets}
    if default is not None and own_checks <= selected.checks:
        named = [key for key in selected.checks if key.asset_key not in selected.assets]
        arguments: tuple[str, ...] = ()
    else:
        named = list(selected.checks)
        arguments = _ALONE
    tests = [_criterion(manifest, checks[key], directories) for key in named if key in checks]
    return DbtSelection(select=(*nodes, *sorted(tests)), arguments=arguments)


def exactly(
    manifest: Manifest, unique_ids: Iterable[str], excluded: tuple[str, ...]
) -> DbtSelection:
    """Return what selects *unique_ids* and no test that comes along with them."""
    directories = _directories(manifest)
    select = (_criterion(manifest, unique_id, directories) for unique_id in sorted(unique_ids))
    return DbtSelection(select=tuple(select), exclude=excluded, arguments=_ALONE)


def also_meeting(select: Sequence[str], criteria: Iterable[str]) -> tuple[str, ...]:
    """Return what selects the part of *select* that meets any of *criteria*, if there are any."""
    wanted = tuple(criteria)
    if not wanted or not select:
        return (*select, *wanted)
    return tuple(f"{one},{other}" for one in select for other in wanted)


def _criterion(
    manifest: Manifest, unique_id: str, directories: AbstractSet[tuple[str, ...]]
) -> str:
    """Return a criterion that only *unique_id* meets, as a rule its fully qualified name."""
    props = resource(manifest, unique_id) or {}
    if unique_id.startswith("unit_test."):
        return f"unit_test:{escaped(str(props['name']))}"
    fqn = tuple(str(part) for part in props["fqn"])
    name = f"fqn:{escaped('.'.join(fqn))}"
    if fqn not in directories:
        return name
    file = PurePosixPath(str(props["original_file_path"])).name
    return f"{name},file:{escaped(file)}"


def escaped(text: str) -> str:
    """Return *text* with a placeholder for whatever dbt's selection syntax would read in it."""
    return _SPECIAL.sub("?", text)


def _directories(manifest: Manifest) -> AbstractSet[tuple[str, ...]]:
    """Return the names that are a directory to another node: to dbt they select both."""
    found: set[tuple[str, ...]] = set()
    nodes: Iterable[Props] = mapping(manifest.get("nodes")).values()
    for props in nodes:
        fqn = tuple(str(part) for part in props.get("fqn") or ())
        found.update(fqn[:end] for end in range(1, len(fqn)))
    return found
