"""Datasets as text, remembered: the same relation stands on many events."""

from collections.abc import Mapping
from functools import cached_property

from floe.adapters.openlineage.dataset_facets import column_facets, lasting_facets
from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.remembered import Remembered
from floe.adapters.openlineage.written import Pen, Written, record
from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_columns import NodeColumns


class WrittenDataset:
    """A relation: its *identity* is the members namespace and name, *facets* say all the rest."""

    def __init__(self, identity: Mapping[str, Written], facets: Mapping[str, Written]) -> None:
        self.identity = identity
        self.facets = facets

    def read(self, findings: Mapping[str, Written]) -> Written:
        """Return the relation as an input, about which the run has *findings*."""
        return self._read_with(findings) if findings else self._read

    @cached_property
    def _read(self) -> Written:
        return self._read_with({})

    def _read_with(self, findings: Mapping[str, Written]) -> Written:
        facets = record(self.facets)
        return record({**self.identity, "facets": facets, "inputFacets": record(findings)})

    def made(self, deed: Mapping[str, Written], statistics: Mapping[str, Written]) -> Written:
        """Return the relation as an output, to which the run did *deed*."""
        facets = record({**self.facets, **deed})
        return record({**self.identity, "facets": facets, "outputFacets": record(statistics)})


class WrittenDatasets:
    """Writes a relation once for each state of knowledge of its columns."""

    def __init__(self, profile: EventProfile, pen: Pen) -> None:
        self._profile = profile
        self._pen = pen
        self._lasting: Remembered[WrittenDataset] = Remembered()
        self._known: Remembered[tuple[NodeColumns, WrittenDataset]] = Remembered()

    def of(self, node: DbtNode, columns: NodeColumns) -> WrittenDataset:
        """Return the relation of *node* with all that *columns* tell."""
        question = (node.unique_id, id(columns))
        return self._known.get(question, lambda: (columns, self._write(node, columns)))[1]

    def _write(self, node: DbtNode, columns: NodeColumns) -> WrittenDataset:
        lasting = self._lasting_of(node)
        told = column_facets(node, self._profile, columns, columns.classifications)
        return WrittenDataset(lasting.identity, {**lasting.facets, **self._pen.facets(told)})

    def _lasting_of(self, node: DbtNode) -> WrittenDataset:
        return self._lasting.get(node.unique_id, lambda: self._write_lasting(node))

    def _write_lasting(self, node: DbtNode) -> WrittenDataset:
        namespace, name = self._profile.dataset_names.name_of(node)
        identity = {"namespace": self._pen.value(namespace), "name": self._pen.value(name)}
        return WrittenDataset(identity, self._pen.facets(lasting_facets(node, self._profile)))
