"""The columns that dbt adds to a snapshot, and what they are made from."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from floe.domain.model.column_lineage import (
    ColumnOrigin,
    Influence,
    OutputColumn,
    RelationLineage,
    Transformation,
)
from floe.domain.model.manifest import DbtNode

_ADDED = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")
_DIGEST = Transformation(influence=Influence.TRANSFORMATION, masking=True)
_CHANGED = Transformation(influence=Influence.TRANSFORMATION)


def with_snapshot_columns(node: DbtNode, lineage: RelationLineage) -> RelationLineage:
    """Return *lineage* of the query of the snapshot *node* with dbt's own columns after it."""
    own = {column.name.lower(): column for column in lineage.columns}
    added = tuple(_added(node, own))
    return replace(lineage, columns=(*lineage.columns, *added))


def _added(node: DbtNode, own: Mapping[str, OutputColumn]) -> Iterator[OutputColumn]:
    upper = any(column.name.isupper() for column in own.values())
    renamed = node.config.get("snapshot_meta_column_names")
    names = dict(renamed) if isinstance(renamed, Mapping) else {}
    key = node.config.get("unique_key")
    keys = [str(item) for item in key] if isinstance(key, list) else [str(key or "")]
    updated = str(node.config.get("updated_at") or "")
    for name in (*_ADDED, *_deletion(node)):
        digest = name == "dbt_scd_id"
        made_from = [*keys, updated] if digest else [updated]
        if name in {"dbt_valid_to", "dbt_is_deleted"}:
            made_from = []
        shown = str(names.get(name) or name)
        yield OutputColumn(
            name=shown.upper() if upper else shown,
            origins=_origins(made_from, own, _DIGEST if digest else _CHANGED),
        )


def _deletion(node: DbtNode) -> tuple[str, ...]:
    return ("dbt_is_deleted",) if node.config.get("hard_deletes") == "new_record" else ()


def _origins(
    names: list[str], own: Mapping[str, OutputColumn], way: Transformation
) -> tuple[ColumnOrigin, ...]:
    found: dict[tuple[str, str], ColumnOrigin] = {}
    for name in names:
        column = own.get(name.lower())
        for origin in column.origins if column is not None else ():
            if any(item.influence.is_direct for item in origin.transformations):
                passed = replace(origin, transformations=(way,))
                found[origin.unique_id, origin.column] = passed
    return tuple(found[key] for key in sorted(found))
