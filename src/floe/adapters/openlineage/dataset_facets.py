"""The facets of a dataset: what it is called, what is in it, who answers for it."""

from collections.abc import Iterable, Mapping

from openlineage.client.facet_v2 import (
    DatasetFacet,
    column_lineage_dataset,
    dataset_type_dataset,
    datasource_dataset,
    documentation_dataset,
    input_statistics_input_dataset,
    lifecycle_state_change_dataset,
    output_statistics_output_dataset,
    ownership_dataset,
    schema_dataset,
    storage_dataset,
    symlinks_dataset,
    tags_dataset,
)

from floe.adapters.openlineage.custom_facets import FloeColumnClassificationsDatasetFacet
from floe.adapters.openlineage.naming import DatasetName
from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.serialization import Document, facet, part
from floe.adapters.openlineage.tags import classification_tags, column_tags, node_tags
from floe.domain.model.column_lineage import ColumnOrigin
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.node_event import NodeFinished

_State = lifecycle_state_change_dataset.LifecycleStateChange
_CHANGES = {
    "table": _State.OVERWRITE,
    "seed": _State.OVERWRITE,
    "view": _State.CREATE,
    "materialized_view": _State.CREATE,
}
_TYPES: Mapping[str, tuple[str, str | None]] = {
    "view": ("VIEW", None),
    "materialized_view": ("VIEW", "MATERIALIZED"),
    "materializedview": ("VIEW", "MATERIALIZED"),
    "streaming_table": ("TABLE", "STREAMING"),
    "dynamic_table": ("TABLE", "DYNAMIC"),
    "external": ("TABLE", "EXTERNAL"),
}
_LAYERS = {"delta", "iceberg", "hudi"}


def dataset_facets(
    node: DbtNode,
    profile: EventProfile,
    columns: NodeColumns | None,
    classifications: Iterable[ColumnClassification],
) -> dict[str, DatasetFacet | Document]:
    """Return facet key → facet for the relation of *node*, as far as it is known."""
    return {
        **lasting_facets(node, profile),
        **column_facets(node, profile, columns, classifications),
    }


def lasting_facets(node: DbtNode, profile: EventProfile) -> dict[str, DatasetFacet | Document]:
    """Return the facets that the project alone decides, which a run changes nothing of."""
    found: dict[str, DatasetFacet | Document | None] = {
        "dataSource": _data_source(node, profile),
        "documentation": _documentation(node, profile),
        "ownership": _ownership(node, profile),
        "symlinks": _symlinks(node, profile),
        "datasetType": _dataset_type(node, profile),
        "storage": _storage(node, profile),
    }
    return {key: known for key, known in found.items() if known is not None}


def column_facets(
    node: DbtNode,
    profile: EventProfile,
    columns: NodeColumns | None,
    classifications: Iterable[ColumnClassification],
) -> dict[str, DatasetFacet | Document]:
    """Return the facets that say more, the more is known of the columns."""
    classified = tuple(classifications)
    found: dict[str, DatasetFacet | Document | None] = {
        "schema": _schema(node, profile, columns),
        "tags": _tags(node, profile, classified),
        **classification_facets(classified, profile.producer),
    }
    return {key: known for key, known in found.items() if known is not None}


def classification_facets(
    classified: Iterable[ColumnClassification], producer: str
) -> dict[str, DatasetFacet]:
    """Return the classification facet under its official key and under the contract's."""
    records = {item.column_name: classification_record(item) for item in classified}
    if not records:
        return {}
    found = FloeColumnClassificationsDatasetFacet(classifications=records, producer=producer)
    return {"floe_columnClassifications": found, "columnClassifications": found}


def classification_record(item: ColumnClassification) -> dict[str, str]:
    """Return one column's record; a missing PII type is left out."""
    record = {"classification": item.classification, "sensitivity": item.sensitivity}
    return record if item.pii_type is None else record | {"pii_type": item.pii_type}


def made_facets(node: DbtNode, profile: EventProfile) -> dict[str, Document]:
    """Return what a successful run did to the relation of *node* as a whole."""
    change = _CHANGES.get(node.materialization)
    if change is None:
        return {}
    kind = lifecycle_state_change_dataset.LifecycleStateChangeDatasetFacet
    return {
        "lifecycleStateChange": facet(kind, profile.producer, lifecycleStateChange=change.value)
    }


def read_facets(rows: int | None, profile: EventProfile) -> dict[str, Document]:
    """Return how much of a relation was read, where that is certain."""
    if rows is None:
        return {}
    kind = input_statistics_input_dataset.InputStatisticsInputDatasetFacet
    return {"inputStatistics": facet(kind, profile.producer, rowCount=rows)}


def statistics_facets(
    node: DbtNode, finished: NodeFinished | None, profile: EventProfile
) -> dict[str, Document]:
    """Return how much was written, where the adapter reported it; a view holds no rows."""
    kind_made = _TYPES.get(node.materialization, ("TABLE", None))[0]
    if finished is None or finished.rows_affected is None or kind_made == "VIEW":
        return {}
    kind = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
    return {"outputStatistics": facet(kind, profile.producer, rowCount=finished.rows_affected)}


def column_lineage_facet(
    columns: NodeColumns, names: Mapping[str, DatasetName], producer: str
) -> Document | None:
    """Return the lineage of *columns*; *names* maps the unique id of each input → its name.

    A column that is made from none of the inputs, a constant say, has an entry without origins.
    """
    lineage = columns.lineage
    if lineage is None or not lineage.columns:
        return None
    return facet(
        column_lineage_dataset.ColumnLineageDatasetFacet,
        producer,
        fields={
            column.name: {"inputFields": _input_fields(column.origins, names)}
            for column in lineage.columns
        },
        dataset=_input_fields(lineage.influences, names) or None,
    )


def _input_fields(
    origins: Iterable[ColumnOrigin], names: Mapping[str, DatasetName]
) -> list[Document]:
    return [
        {
            "namespace": names[origin.unique_id].namespace,
            "name": names[origin.unique_id].name,
            "field": origin.column,
            "transformations": [
                {
                    "type": "DIRECT" if item.influence.is_direct else "INDIRECT",
                    "subtype": str(item.influence),
                    "description": "",
                    "masking": item.masking,
                }
                for item in origin.transformations
            ],
        }
        for origin in origins
        if origin.unique_id in names
    ]


def _data_source(node: DbtNode, profile: EventProfile) -> Document:
    namespace = profile.dataset_names.name_of(node).namespace
    uri = namespace if "://" in namespace else f"{namespace}://"
    kind = datasource_dataset.DatasourceDatasetFacet
    return facet(kind, profile.producer, name=namespace, uri=uri)


def _schema(node: DbtNode, profile: EventProfile, columns: NodeColumns | None) -> Document | None:
    """Merge what the warehouse, the SQL and the project say; the first of them names them all."""
    documented = {column.name.lower(): column for column in node.columns.values()}
    known = dict(columns.data_types) if columns is not None else {}
    names = known or {column.name: None for column in documented.values()}
    if not names:
        return None
    fields = []
    for position, (name, data_type) in enumerate(names.items(), start=1):
        column = documented.get(name.lower())
        told = {
            "name": name,
            "type": data_type or (column.data_type if column else None),
            "description": (column.description if column else None) or None,
            "ordinal_position": position if known else None,
        }
        fields.append({key: value for key, value in told.items() if value is not None})
    return facet(schema_dataset.SchemaDatasetFacet, profile.producer, fields=fields)


def _documentation(node: DbtNode, profile: EventProfile) -> Document | None:
    if not node.description.strip():
        return None
    kind = documentation_dataset.DocumentationDatasetFacet
    return facet(kind, profile.producer, description=node.description, contentType="text/markdown")


def _ownership(node: DbtNode, profile: EventProfile) -> Document | None:
    if not node.owner:
        return None
    owners = [{"name": node.owner, "type": "OWNER"}]
    return facet(ownership_dataset.OwnershipDatasetFacet, profile.producer, owners=owners)


def _symlinks(node: DbtNode, profile: EventProfile) -> Document | None:
    aliases = profile.dataset_names.aliases_of(node)
    if not aliases:
        return None
    return facet(
        symlinks_dataset.SymlinksDatasetFacet,
        profile.producer,
        identifiers=[
            {"namespace": alias.namespace, "name": alias.name, "type": "TABLE"} for alias in aliases
        ],
    )


def _dataset_type(node: DbtNode, profile: EventProfile) -> Document | None:
    if node.resource_type == "source":
        return None
    kind, subtype = _TYPES.get(node.materialization, ("TABLE", None))
    made = dataset_type_dataset.DatasetTypeDatasetFacet
    return facet(made, profile.producer, datasetType=kind, subType=subtype)


def _storage(node: DbtNode, profile: EventProfile) -> DatasetFacet | None:
    config = node.config
    layer = str(config.get("table_format") or config.get("file_format") or "").lower()
    if layer not in _LAYERS:
        return None
    file_format = str(config.get("file_format") or "").lower()
    return storage_dataset.StorageDatasetFacet(
        storageLayer=layer,
        fileFormat=file_format if file_format and file_format != layer else None,
        producer=profile.producer,
    )


def _tags(
    node: DbtNode, profile: EventProfile, classified: tuple[ColumnClassification, ...]
) -> Document | None:
    tags = [
        part(key=tag.key, value=tag.value, source=tag.source, field=tag.field)
        for tag in (*node_tags(node), *column_tags(node), *classification_tags(classified))
    ]
    return facet(tags_dataset.TagsDatasetFacet, profile.producer, tags=tags) if tags else None
