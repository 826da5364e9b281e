"""From a transition of a run to the OpenLineage event that tells it (specification 2-0-2)."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from openlineage.client.event_v2 import RunEvent

from floe.adapters.openlineage.assertions import assertions_facet
from floe.adapters.openlineage.canonical import moment
from floe.adapters.openlineage.dataset_documents import DatasetDocuments
from floe.adapters.openlineage.dataset_facets import (
    column_lineage_facet,
    made_facets,
    read_facets,
    statistics_facets,
)
from floe.adapters.openlineage.job_facets import lasting_facets, sql_facets
from floe.adapters.openlineage.job_names import job_name
from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.remembered import Remembered
from floe.adapters.openlineage.run_facets import error_facet, own_facets, shared_facets
from floe.adapters.openlineage.serialization import Document, facet_documents
from floe.domain.model.lineage import LineageEventType
from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.run_ledger import RunTransition

ColumnsOf: TypeAlias = Callable[[DbtNode], NodeColumns]
"""What is known of a node's columns right now, without any work."""
_SCHEMA_URL = RunEvent._get_schema()  # noqa: SLF001 - as the model itself writes it
_MAKERS = {"model", "seed", "snapshot"}
_OF_EVERY_RUN = {"parent", "nominalTime", "processing_engine"}


class RunEvents:
    """Makes the events of one emitter; it remembers datasets, which many events name."""

    def __init__(self, profile: EventProfile, columns_of: ColumnsOf) -> None:
        self._profile = profile
        self._columns_of = columns_of
        self._datasets = DatasetDocuments(profile)
        self._shared: Remembered[Document] = Remembered(16)
        self._lasting: Remembered[Document] = Remembered()

    def event(self, transition: RunTransition, made: NodeColumns | None = None) -> Document:
        """Return the event that tells *transition*.

        *made* holds the columns of the node itself where they are known; their lineage stands
        only on events of runs that did not fail.
        """
        profile = self._profile
        return {
            "eventType": str(transition.state),
            "eventTime": moment(transition.at),
            "run": {"runId": transition.run_id, "facets": self._run_facets(transition)},
            "job": {
                "namespace": profile.namespace,
                "name": job_name(transition),
                "facets": self._job_facets(transition),
            },
            "inputs": self._inputs(transition),
            "outputs": self._outputs(transition, made),
            "producer": profile.producer,
            "schemaURL": _SCHEMA_URL,
        }

    def _run_facets(self, transition: RunTransition) -> Document:
        started = transition.invocation
        question = (
            transition.context.invocation_run_id,
            transition.is_invocation,
            started.invocation_id if started is not None else None,
        )
        shared = self._shared.get(
            question, lambda: facet_documents(shared_facets(transition, self._profile))
        )
        return {**shared, **facet_documents(own_facets(transition, self._profile))}

    def _job_facets(self, transition: RunTransition) -> Document:
        node, finished = transition.node, transition.finished
        kind = transition.resource_type
        lasting = self._lasting.get(
            transition.unique_id or kind,
            lambda: facet_documents(lasting_facets(kind, node, self._profile)),
        )
        code = finished.compiled_code if finished is not None else None
        return {**lasting, **sql_facets(node, self._profile, code)}

    def _inputs(self, transition: RunTransition) -> list[Document]:
        """Return the datasets that the run reads; a test's findings stand on what it tests."""
        assertions = assertions_facet(transition, self._profile)
        findings = {"dataQualityAssertions": assertions} if assertions is not None else {}
        found = facet_documents(findings)
        rows = transition.rows_read
        return [
            {
                **self._datasets.of(node, self._columns_of(node)),
                "inputFacets": found | read_facets(rows.get(node.unique_id), self._profile),
            }
            for node in nodes_read(transition)
        ]

    def _outputs(self, transition: RunTransition, made: NodeColumns | None) -> list[Document]:
        """Return the dataset that the run makes, if it makes one."""
        node = transition.node
        if node is None or not makes_relation(transition):
            return []
        columns = made or self._columns_of(node)
        dataset = self._datasets.of(node, columns)
        facets = {**dataset["facets"], **self._deed(transition, node, columns)}
        statistics = statistics_facets(node, transition.finished, self._profile)
        return [{**dataset, "facets": facets, "outputFacets": statistics}]

    def _deed(
        self, transition: RunTransition, node: DbtNode, columns: NodeColumns
    ) -> Mapping[str, Document]:
        """Return what this very run did to the dataset."""
        found: dict[str, Document] = {}
        if transition.state is LineageEventType.COMPLETE:
            found |= made_facets(node, self._profile)
        if transition.state in {LineageEventType.START, LineageEventType.COMPLETE}:
            name_of = self._profile.dataset_names.name_of
            names = {item.unique_id: name_of(item) for item in transition.inputs}
            lineage = column_lineage_facet(columns, names, self._profile.producer)
            if lineage is not None:
                found["columnLineage"] = lineage
        return found


def aborted(start: Document, message: str, producer: str) -> Document:
    """Return the ABORT of the run that *start* began, at the same moment.

    It says who, where and why; all the rest *start* has said, and facets add up.
    """
    lasting = {key: facet for key, facet in start["run"]["facets"].items() if key in _OF_EVERY_RUN}
    facets = {**lasting, **facet_documents(error_facet(message, "SQL", producer))}
    job = {key: value for key, value in start["job"].items() if key != "facets"}
    named = {
        side: [{key: dataset[key] for key in ("namespace", "name")} for dataset in start[side]]
        for side in ("inputs", "outputs")
    }
    run = {**start["run"], "facets": facets}
    return {**start, **named, "eventType": "ABORT", "run": run, "job": job}


def nodes_read(transition: RunTransition) -> tuple[DbtNode, ...]:
    """Return the nodes whose relations the run reads; of a freshness check, the source itself."""
    node = transition.node
    if node is not None and node.resource_type == "source":
        return (node,)
    return transition.inputs


def makes_relation(transition: RunTransition) -> bool:
    """Return whether the run leaves a relation behind when it ends well."""
    node = transition.node
    return node is not None and node.resource_type in _MAKERS and node.is_dataset
