"""Datasets and events in the words of the design documents, as OpenLineage's own models."""

from collections.abc import Iterable, Mapping
from typing import Any

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    BaseFacet,
    column_lineage_dataset,
    dataset_type_dataset,
    datasource_dataset,
    documentation_dataset,
    lifecycle_state_change_dataset,
    output_statistics_output_dataset,
    ownership_dataset,
    schema_dataset,
    storage_dataset,
    symlinks_dataset,
    tags_dataset,
)
from openlineage.client.serde import Serde

from floe.adapters.openlineage.canonical import moment
from floe.adapters.openlineage.dataset_facets import classification_facets, dataset_facets
from floe.adapters.openlineage.naming import DatasetNames
from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.run_facets import error_facet
from floe.adapters.openlineage.serialization import Document, facet_documents
from floe.domain.model.classification_flow import declared
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.lineage import LineageDataset, LineageEvent
from floe.domain.model.manifest import DbtNode
from floe.domain.model.pipeline import Governance

_INPUT_FACETS = {"dataQualityAssertions", "dataQualityMetrics", "inputStatistics"}
_OUTPUT_FACETS = {"outputStatistics"}
_MODELS: Mapping[str, type[BaseFacet]] = {
    "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet,
    "dataSource": datasource_dataset.DatasourceDatasetFacet,
    "datasetType": dataset_type_dataset.DatasetTypeDatasetFacet,
    "documentation": documentation_dataset.DocumentationDatasetFacet,
    "lifecycleStateChange": lifecycle_state_change_dataset.LifecycleStateChangeDatasetFacet,
    "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "ownership": ownership_dataset.OwnershipDatasetFacet,
    "schema": schema_dataset.SchemaDatasetFacet,
    "storage": storage_dataset.StorageDatasetFacet,
    "symlinks": symlinks_dataset.SymlinksDatasetFacet,
    "tags": tags_dataset.TagsDatasetFacet,
}


class LineageDatasetBuilder:
    """Makes datasets from the nodes of a manifest, named for one warehouse."""

    def __init__(
        self,
        dataset_names: DatasetNames,
        *,
        producer: str = "floe-dagster",
        governance: Governance | None = None,
    ) -> None:
        self._governance = governance or Governance()
        self._profile = EventProfile.of(
            namespace=dataset_names.namespace, producer=producer, dataset_names=dataset_names
        )

    def build_from_dbt_node(
        self, node: Mapping[str, Any] | DbtNode, manifest: Mapping[str, Any] | None = None
    ) -> LineageDataset:
        """Return the relation of *node*, a node of a manifest (schema v12) or floe's value of one.

        *manifest* supplies the owner of the node's group where the node itself names none.

        Raises:
            ArtifactError: *node* has no ``unique_id`` or no ``name``.
        """
        value = node if isinstance(node, DbtNode) else DbtNode.from_manifest_node(node)
        owned = _with_group_owner(value, manifest or {})
        classified = tuple(declared(owned, self._governance, None).values())
        namespace, name = self._profile.dataset_names.name_of(owned)
        facets = dataset_facets(owned, self._profile, None, classified)
        return LineageDataset(namespace=namespace, name=name, facets=facet_documents(facets))

    def build_classification_facet(
        self, columns: Iterable[ColumnClassification] | Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the content of the facet for *columns*; empty where none is classified.

        A mapping may be the ``columns`` of a manifest node.
        """
        if isinstance(columns, Mapping):
            node = {"unique_id": "model.floe.columns", "name": "columns", "columns": columns}
            columns = DbtNode.from_manifest_node(node).classifications
        facets = classification_facets(columns, self._profile.producer)
        facet = facets.get("floe_columnClassifications")
        return Serde.to_dict(facet) if facet is not None else {}


def event_of(event: LineageEvent, producer: str) -> Document:
    """Return *event* as OpenLineage's model of it, in plain values."""
    message = event.error_message
    facets = error_facet(message, "SQL", producer) if message is not None else {}
    model = RunEvent(
        eventType=RunState(str(event.event_type)),
        eventTime=moment(event.event_time),
        run=Run(runId=event.run_id, facets=facets),
        job=Job(namespace=event.job_namespace, name=event.job_name),
        inputs=[_input(dataset, producer) for dataset in event.inputs],
        outputs=[_output(dataset, producer) for dataset in event.outputs],
        producer=producer,
    )
    return Serde.to_dict(model)


def _input(dataset: LineageDataset, producer: str) -> InputDataset:
    own, apart = _split(dataset, _INPUT_FACETS, producer)
    return InputDataset(
        namespace=dataset.namespace, name=dataset.name, facets=own, inputFacets=apart
    )


def _output(dataset: LineageDataset, producer: str) -> OutputDataset:
    own, apart = _split(dataset, _OUTPUT_FACETS, producer)
    return OutputDataset(
        namespace=dataset.namespace, name=dataset.name, facets=own, outputFacets=apart
    )


def _split(
    dataset: LineageDataset, keys: set[str], producer: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the facets of the dataset itself, and those of its role in the run."""
    whole = {key: _signed(key, facet, producer) for key, facet in dataset.facets.items()}
    apart = {key: facet for key, facet in whole.items() if key in keys}
    other = _INPUT_FACETS | _OUTPUT_FACETS
    return {key: facet for key, facet in whole.items() if key not in other}, apart


def _signed(key: str, facet: Any, producer: str) -> Any:  # noqa: ANN401 - a facet of any author
    """Add what every facet must carry, to an official facet that came without it."""
    if not isinstance(facet, Mapping) or key not in _MODELS:
        return facet
    schema = _MODELS[key]._get_schema()  # noqa: SLF001 - the models have no public name for it
    return {"_producer": producer, "_schemaURL": schema, **facet}


def _with_group_owner(node: DbtNode, manifest: Mapping[str, Any]) -> DbtNode:
    if node.owner or not node.group:
        return node
    groups = manifest.get("groups") or {}
    for group in groups.values():
        if group.get("name") == node.group:
            owner = group.get("owner") or {}
            name = owner.get("name") or owner.get("email")
            return node.model_copy(update={"owner": name}) if name else node
    return node
