"""From a transition of a run to the OpenLineage event that tells it (specification 2-0-2)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import InputDatasetFacet

from floe.adapters.openlineage.assertions import assertions_facet
from floe.adapters.openlineage.dataset_facets import (
    column_lineage_facet,
    dataset_facets,
    made_facets,
    statistics_facets,
)
from floe.adapters.openlineage.job_facets import job_facets
from floe.adapters.openlineage.job_names import job_name
from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.run_facets import run_facets
from floe.domain.model.lineage import LineageEventType
from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.run_ledger import RunTransition

ColumnsOf: TypeAlias = Callable[[DbtNode], NodeColumns]
"""What is known of a node's columns right now, without any work."""
_MAKERS = {"model", "seed", "snapshot"}


def run_event(
    transition: RunTransition,
    profile: EventProfile,
    columns_of: ColumnsOf,
    made: NodeColumns | None = None,
) -> RunEvent:
    """Return the event that tells *transition*.

    *made* holds the columns of the node itself where they are known; their lineage stands only
    on events of runs that did not fail.
    """
    return RunEvent(
        eventType=RunState(str(transition.state)),
        eventTime=moment(transition.at),
        run=Run(runId=transition.run_id, facets=run_facets(transition, profile)),
        job=Job(
            namespace=profile.namespace,
            name=job_name(transition),
            facets=job_facets(transition, profile),
        ),
        inputs=inputs_of(transition, profile, columns_of),
        outputs=outputs_of(transition, profile, columns_of, made),
        producer=profile.producer,
    )


def moment(at: datetime) -> str:
    """Return *at* as RFC 3339 text in UTC, in microseconds."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def inputs_of(
    transition: RunTransition, profile: EventProfile, columns_of: ColumnsOf
) -> list[InputDataset]:
    """Return the datasets that the run reads; a test's findings stand on what it tests."""
    assertions = assertions_facet(transition, profile)
    input_facets = {"dataQualityAssertions": assertions} if assertions is not None else {}
    return [
        input_dataset(node, profile, columns_of(node), input_facets)
        for node in nodes_read(transition)
    ]


def nodes_read(transition: RunTransition) -> tuple[DbtNode, ...]:
    """Return the nodes whose relations the run reads; of a freshness check, the source itself."""
    node = transition.node
    if node is not None and node.resource_type == "source":
        return (node,)
    return transition.inputs


def input_dataset(
    node: DbtNode,
    profile: EventProfile,
    columns: NodeColumns,
    input_facets: Mapping[str, InputDatasetFacet],
) -> InputDataset:
    """Return the relation of *node* as something that is read."""
    namespace, name = profile.dataset_names.name_of(node)
    facets = dataset_facets(node, profile, columns, columns.classifications)
    return InputDataset(
        namespace=namespace,
        name=name,
        facets=facets,
        inputFacets=dict(input_facets),
    )


def makes_relation(transition: RunTransition) -> bool:
    """Return whether the run leaves a relation behind when it ends well."""
    node = transition.node
    return node is not None and node.resource_type in _MAKERS and node.is_dataset


def outputs_of(
    transition: RunTransition,
    profile: EventProfile,
    columns_of: ColumnsOf,
    made: NodeColumns | None,
) -> list[OutputDataset]:
    """Return the dataset that the run makes, if it makes one."""
    node = transition.node
    if node is None or not makes_relation(transition):
        return []
    columns = made or columns_of(node)
    namespace, name = profile.dataset_names.name_of(node)
    facets = dataset_facets(node, profile, columns, columns.classifications)
    if transition.state is LineageEventType.COMPLETE:
        facets |= made_facets(node, profile)
    if transition.state in {LineageEventType.START, LineageEventType.COMPLETE}:
        names = {item.unique_id: profile.dataset_names.name_of(item) for item in transition.inputs}
        lineage = column_lineage_facet(columns, names, profile.producer)
        if lineage is not None:
            facets["columnLineage"] = lineage
    return [
        OutputDataset(
            namespace=namespace,
            name=name,
            facets=facets,
            outputFacets=statistics_facets(transition.finished, profile),
        )
    ]
