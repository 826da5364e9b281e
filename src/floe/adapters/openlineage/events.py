"""From a transition of a run to the OpenLineage event that tells it (specification 2-0-2)."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from openlineage.client.event_v2 import RunEvent

from floe.adapters.openlineage.assertions import assertions_facet
from floe.adapters.openlineage.canonical import moment
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
from floe.adapters.openlineage.run_facets import (
    dbt_run_facet,
    own_facets,
    shared_facets,
    trace_facet,
    trace_position,
)
from floe.adapters.openlineage.serialization import Document
from floe.adapters.openlineage.written import Pen, Written, plain, record, series
from floe.adapters.openlineage.written_datasets import WrittenDatasets
from floe.domain.model.lineage import LineageEventType
from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.run_ledger import RunTransition

ColumnsOf: TypeAlias = Callable[[DbtNode], NodeColumns]
"""What is known of a node's columns right now, without any work."""
_STATES_WITH_LINEAGE = {LineageEventType.START, LineageEventType.COMPLETE}
_MAKERS = {"model", "seed", "snapshot"}


class _Job(NamedTuple):
    """A job: its *identity* is the members namespace and name, *facets* are those of every run."""

    identity: Mapping[str, Written]
    facets: Mapping[str, Written]


class _Invocation(NamedTuple):
    """What all runs of an invocation say alike: whole *facets*, and members of two more."""

    facets: Mapping[str, Written]
    dbt_run: Mapping[str, Written]
    trace: Mapping[str, Written]


class RunEvents:
    """Writes the events of one emitter; what stands on many of them it writes once."""

    def __init__(self, profile: EventProfile, columns_of: ColumnsOf, pen: Pen) -> None:
        self._profile = profile
        self._columns_of = columns_of
        self._pen = pen
        self._datasets = WrittenDatasets(profile, pen)
        self._invocations: Remembered[_Invocation] = Remembered(16)
        self._jobs: Remembered[_Job] = Remembered()
        self._same = {
            "producer": pen.value(profile.producer),
            "schemaURL": pen.value(RunEvent._get_schema()),  # noqa: SLF001 - as the model has it
        }
        self._namespace = pen.value(profile.namespace)

    def event(self, transition: RunTransition, made: NodeColumns | None = None) -> Written:
        """Return the event that tells *transition*.

        *made* holds the columns of the node itself where they are known; their lineage stands
        only on events of runs that did not fail.
        """
        job = self._job(transition)
        run_facets = record(self._run_facets(transition))
        run = {"runId": plain(transition.run_id), "facets": run_facets}
        job_facets = record({**job.facets, **self._sql(transition)})
        return record(
            {
                **self._same,
                "eventType": plain(transition.state.value),
                "eventTime": plain(moment(transition.at)),
                "run": record(run),
                "job": record({**job.identity, "facets": job_facets}),
                "inputs": series(self._inputs(transition)),
                "outputs": series(self._outputs(transition, made)),
            }
        )

    def _run_facets(self, transition: RunTransition) -> Mapping[str, Written]:
        same, finished = self._invocation(transition), transition.finished
        dbt_run = same.dbt_run
        if finished is not None:
            took = self._pen.value(finished.execution_time_s)
            status = plain(finished.status.value)
            dbt_run = {**dbt_run, "nodeStatus": status, "executionTime": took}
        span = plain(transition.span_id)
        trace = {**same.trace, "spanId": span, "traceparent": plain(trace_position(transition))}
        return {
            **same.facets,
            "floe_dbtRun": record(dbt_run),
            "floe_traceContext": record(trace),
            **self._pen.facets(own_facets(transition, self._profile)),
        }

    def _invocation(self, transition: RunTransition) -> _Invocation:
        started = transition.invocation
        question = (
            transition.context.invocation_run_id,
            transition.is_invocation,
            started.invocation_id if started is not None else None,
        )
        return self._invocations.get(
            question,
            lambda: _Invocation(
                self._pen.facets(shared_facets(transition, self._profile)),
                self._pen.members(dbt_run_facet(transition, self._profile)),
                self._pen.members(trace_facet(transition, self._profile)),
            ),
        )

    def _job(self, transition: RunTransition) -> _Job:
        kind, node = transition.resource_type, transition.node
        question = (transition.unique_id, kind, transition.context.pipeline)
        return self._jobs.get(
            question,
            lambda: _Job(
                {"namespace": self._namespace, "name": self._pen.value(job_name(transition))},
                self._pen.facets(lasting_facets(kind, node, self._profile)),
            ),
        )

    def _sql(self, transition: RunTransition) -> Mapping[str, Written]:
        node, finished = transition.node, transition.finished
        code = finished.compiled_code if finished is not None else None
        return self._pen.facets(sql_facets(node, self._profile, code))

    def _inputs(self, transition: RunTransition) -> Iterator[Written]:
        """Yield the datasets that the run reads; a test's findings stand on what it tests."""
        assertions = assertions_facet(transition, self._profile)
        found = self._pen.facets({"dataQualityAssertions": assertions} if assertions else {})
        for node in nodes_read(transition):
            rows = transition.rows_read.get(node.unique_id)
            statistics = self._pen.facets(read_facets(rows, self._profile))
            dataset = self._datasets.of(node, self._columns_of(node))
            yield dataset.read({**found, **statistics})

    def _outputs(self, transition: RunTransition, made: NodeColumns | None) -> Iterator[Written]:
        """Yield the dataset that the run makes, if it makes one."""
        node = transition.node
        if node is None or not makes_relation(transition):
            return
        columns = made or self._columns_of(node)
        deed = self._pen.facets(self._deed(transition, node, columns))
        statistics = statistics_facets(node, transition.finished, self._profile)
        yield self._datasets.of(node, columns).made(deed, self._pen.facets(statistics))

    def _deed(
        self, transition: RunTransition, node: DbtNode, columns: NodeColumns
    ) -> Mapping[str, Document]:
        """Return what this very run did to the dataset."""
        found: dict[str, Document] = {}
        if transition.state is LineageEventType.COMPLETE:
            found |= made_facets(node, self._profile)
        if columns.lineage and transition.state in _STATES_WITH_LINEAGE:
            name_of = self._profile.dataset_names.name_of
            names = {item.unique_id: name_of(item) for item in transition.inputs}
            lineage = column_lineage_facet(columns, names, self._profile.producer)
            if lineage is not None:
                found["columnLineage"] = lineage
        return found


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
