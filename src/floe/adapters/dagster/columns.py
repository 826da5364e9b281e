"""The columns of an asset that has just been built, as Dagster shows them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dagster import (
    AssetKey,
    AssetSpec,
    MetadataValue,
    TableColumn,
    TableColumnDep,
    TableColumnLineage,
    TableRecord,
    TableSchema,
)

from floe.adapters.dagster import names
from floe.domain.model.column_lineage import OutputColumn
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.node_columns import NodeColumns

COLUMN_SCHEMA = "dagster/column_schema"
UNKNOWN_TYPE = "?"
"""What dagster-dbt writes where a column's type is not known."""


def column_metadata(
    known: NodeColumns, spec: AssetSpec, key_of: Callable[[str], AssetKey | None]
) -> dict[str, Any]:
    """Return schema and lineage of *known* columns; what *spec* declares of them is kept.

    *key_of* returns the asset of a dbt unique id, or None where it has none.
    """
    found: dict[str, Any] = {}
    if known.data_types:
        found[COLUMN_SCHEMA] = _schema(known, spec)
    lineage = _lineage(known.lineage.columns, key_of) if known.lineage is not None else {}
    if lineage:
        found["dagster/column_lineage"] = MetadataValue.column_lineage(TableColumnLineage(lineage))
        found["floe/column_lineage"] = _as_table(lineage)
    return found


def classification_tags(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a column that is classified by *facts*."""
    return {f"floe/{key}": names.tag_key(value) or "" for key, value in facts.items()}


def classification_facts(
    classification: object, pii_type: object, sensitivity: object
) -> dict[str, str]:
    """Return what is known of a classification, as text."""
    said = {"classification": classification, "pii_type": pii_type, "sensitivity": sensitivity}
    return {key: str(value) for key, value in said.items() if value is not None}


def _schema(known: NodeColumns, spec: AssetSpec) -> TableSchema:
    declared = spec.metadata.get(COLUMN_SCHEMA)
    columns = declared.columns if isinstance(declared, TableSchema) else ()
    by_name = {column.name.lower(): column for column in columns}
    classified = {item.column_name.lower(): item for item in known.classifications}
    return TableSchema(
        columns=[
            _column(name, kind, by_name.get(name.lower()), classified.get(name.lower()))
            for name, kind in known.data_types.items()
        ]
    )


def _column(
    name: str,
    kind: str | None,
    declared: TableColumn | None,
    classified: ColumnClassification | None,
) -> TableColumn:
    inherited = (
        classification_tags(
            classification_facts(
                classified.classification, classified.pii_type, classified.sensitivity
            )
        )
        if classified is not None
        else {}
    )
    if declared is None:
        return TableColumn(name=name, type=kind or UNKNOWN_TYPE, tags=inherited)
    return TableColumn(
        name=name,
        type=kind or declared.type,
        description=declared.description,
        constraints=declared.constraints,
        tags={**inherited, **declared.tags},
    )


def _lineage(
    columns: Iterable[OutputColumn], key_of: Callable[[str], AssetKey | None]
) -> dict[str, list[TableColumnDep]]:
    """Return column → the columns whose values are in it."""
    return {
        column.name: [
            TableColumnDep(asset_key=key, column_name=origin.column)
            for origin in column.origins
            if any(way.influence.is_direct for way in origin.transformations)
            and (key := key_of(origin.unique_id)) is not None
        ]
        for column in columns
    }


def _as_table(lineage: Mapping[str, Iterable[TableColumnDep]]) -> MetadataValue[Any]:
    """Return *lineage* for people: the open-source page shows Dagster's own nowhere."""
    return MetadataValue.table(
        records=[
            TableRecord({"column": column, "made from": ", ".join(map(_place, deps))})
            for column, deps in lineage.items()
        ],
        schema=TableSchema(columns=[TableColumn("column"), TableColumn("made from")]),
    )


def _place(dep: TableColumnDep) -> str:
    return f"{dep.asset_key.to_user_string()}.{dep.column_name}"
