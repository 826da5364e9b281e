"""What is known of the columns that a query makes: where their values come from, and how."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from sqlglot import exp

from floe.adapters.openlineage.sql.influence import (
    AS_IS,
    Way,
    Ways,
    all_behind,
    behind,
    indirect,
)
from floe.domain.model.column_lineage import (
    ColumnOrigin,
    Influence,
    OutputColumn,
    RelationLineage,
    Transformation,
)

Base: TypeAlias = tuple[str, str]
"""A column of an input relation: the relation's unique id, and the column's name there."""
Origins: TypeAlias = dict[Base, Ways]


class Output(NamedTuple):
    """A column that a query makes; nobody changes its *origins*, which others may share."""

    spelling: str
    data_type: str | None
    origins: Origins


class Resolved(NamedTuple):
    """What is known of a scope: *outputs* by normalized name, *passed* sources of open stars."""

    outputs: dict[str, Output]
    influences: Origins
    passed: tuple[str, ...] = ()


def lineage_of(root: Resolved) -> RelationLineage:
    """Return the lineage of the relation that a query makes, whose outermost scope is *root*."""
    return RelationLineage(
        columns=tuple(
            OutputColumn(
                name=output.spelling, data_type=output.data_type, origins=_named(output.origins)
            )
            for output in root.outputs.values()
        ),
        influences=_named(root.influences),
        is_complete=not root.passed,
    )


def united(union: exp.SetOperation, left: Resolved, right: Resolved) -> Resolved:
    """Return what *union* makes of its branches: columns meet by place, or by name."""
    by_name = bool(union.args.get("by_name"))
    outputs = {name: item._replace(origins={}) for name, item in left.outputs.items()}
    if by_name:
        outputs |= {
            name: item._replace(origins={})
            for name, item in right.outputs.items()
            if name not in outputs
        }
    influences: Origins = {}
    carry(influences, left.influences, AS_IS)
    for branch in (left, right):
        names = branch.outputs if by_name else outputs
        for name, item in zip(names, branch.outputs.values(), strict=False):
            if branch is right and isinstance(union, exp.Except):
                carry(influences, item.origins, indirect(Influence.FILTER))
            else:
                carry(outputs[name].origins, item.origins, AS_IS)
    carry(influences, right.influences, AS_IS)
    return Resolved(outputs, influences)


def add(origins: Origins, found: Iterable[tuple[Base, Way]]) -> None:
    """Add *found* to *origins*."""
    for base, way in found:
        origins[base] = origins.get(base, frozenset()) | {way}


def pairs(origins: Mapping[Base, Iterable[Way]]) -> Iterator[tuple[Base, Way]]:
    """Yield each way of each of *origins*; they may grow meanwhile."""
    return ((base, way) for base, ways in list(origins.items()) for way in list(ways))


def through(found: Iterable[tuple[Base, Way]], way: Way) -> Iterator[tuple[Base, Way]]:
    """Yield what *found* becomes when it goes on by *way*."""
    return ((base, behind(way, inner)) for base, inner in found)


def carry(origins: Origins, found: Origins, way: Way) -> None:
    """Add *found*, as it is at the end of *way*, to *origins*, which are others."""
    for base, ways in found.items():
        passed = all_behind(way, ways)
        known = origins.get(base)
        origins[base] = passed if known is None else known | passed


def _named(origins: Origins) -> tuple[ColumnOrigin, ...]:
    """Return *origins* in a stable order."""
    return tuple(
        [
            ColumnOrigin(unique_id, column, _transformations(ways))
            for (unique_id, column), ways in sorted(origins.items())
        ]
    )


@lru_cache(1024)
def _transformations(ways: Ways) -> tuple[Transformation, ...]:
    return tuple(
        Transformation(influence=way.influence, masking=way.masking) for way in sorted(ways)
    )
