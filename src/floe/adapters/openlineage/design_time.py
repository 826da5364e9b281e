"""What a project is, told before anything runs: its jobs and its datasets."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from openlineage.client.event_v2 import (
    DatasetEvent,
    InputDataset,
    Job,
    JobEvent,
    StaticDataset,
)
from openlineage.client.serde import Serde

from floe.adapters.openlineage.canonical import moment
from floe.adapters.openlineage.dataset_facets import column_lineage_facet, dataset_facets
from floe.adapters.openlineage.job_facets import lasting_facets, sql_facets
from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.serialization import Document, facet_documents
from floe.domain.model.identity import node_job_name
from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.node_columns import NodeColumns

_JOBS = {"model", "seed", "snapshot", "test", "unit_test"}
_CONSUMERS = {"exposure", "saved_query"}


def design_events(
    graph: ProjectGraph,
    profile: EventProfile,
    columns_of: Callable[[DbtNode], NodeColumns],
    at: datetime,
) -> Iterator[tuple[str, Document]]:
    """Yield an ordering key and an event for each dataset, then for each job of *graph*.

    Datasets come first, parents before children, as far as *columns_of* needs them.
    """
    for unique_id in sorted(graph.nodes):
        node = graph.nodes[unique_id]
        if node.is_dataset:
            yield unique_id, _dataset_event(node, profile, columns_of(node), at)
    for unique_id in sorted(graph.nodes):
        node = graph.nodes[unique_id]
        if node.resource_type in _JOBS and not node.is_ephemeral:
            yield unique_id, _job_event(node, graph, profile, columns_of, at)
    for unique_id in sorted(graph.consumers):
        consumer = graph.consumers[unique_id]
        if consumer.resource_type in _CONSUMERS:
            yield unique_id, _job_event(consumer, graph, profile, columns_of, at)


def _dataset_event(
    node: DbtNode, profile: EventProfile, columns: NodeColumns, at: datetime
) -> Document:
    namespace, name = profile.dataset_names.name_of(node)
    event: dict[str, Any] = Serde.to_dict(
        DatasetEvent(
            eventTime=moment(at),
            dataset=StaticDataset(namespace=namespace, name=name),
            producer=profile.producer,
        )
    )
    facets = dataset_facets(node, profile, columns, columns.classifications)
    event["dataset"]["facets"] = facet_documents(facets)
    return event


def _job_event(
    node: DbtNode,
    graph: ProjectGraph,
    profile: EventProfile,
    columns_of: Callable[[DbtNode], NodeColumns],
    at: datetime,
) -> Document:
    read = graph.tested_by(node.unique_id) if node.is_test else graph.inputs_of(node.unique_id)
    names = profile.dataset_names
    event = JobEvent(
        eventTime=moment(at),
        job=Job(namespace=profile.namespace, name=node_job_name(node.unique_id)),
        inputs=[
            InputDataset(namespace=names.name_of(item).namespace, name=names.name_of(item).name)
            for item in read
        ],
        producer=profile.producer,
    )
    document: dict[str, Any] = Serde.to_dict(event)
    document["job"]["facets"] = facet_documents(
        {
            **lasting_facets(node.resource_type, node, profile),
            **sql_facets(node, profile, node.compiled_code),
        }
    )
    output = [_output(node, read, profile, columns_of(node))] if node.is_dataset else []
    return document | {"outputs": output}


def _output(
    node: DbtNode, read: tuple[DbtNode, ...], profile: EventProfile, columns: NodeColumns
) -> Document:
    namespace, name = profile.dataset_names.name_of(node)
    names = {item.unique_id: profile.dataset_names.name_of(item) for item in read}
    lineage = column_lineage_facet(columns, names, profile.producer)
    facets = {} if lineage is None else {"columnLineage": lineage}
    return {"namespace": namespace, "name": name, "facets": facets}
