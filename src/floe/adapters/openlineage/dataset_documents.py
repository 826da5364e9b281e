"""Datasets as plain values, remembered: the same relation stands on many events."""

from collections.abc import Mapping

from floe.adapters.openlineage.dataset_facets import column_facets, lasting_facets
from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.remembered import Remembered
from floe.adapters.openlineage.serialization import Document, facet_documents
from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_columns import NodeColumns


class DatasetDocuments:
    """Makes the document of a relation once for each state of knowledge of its columns."""

    def __init__(self, profile: EventProfile) -> None:
        self._profile = profile
        self._lasting: Remembered[Mapping[str, Document]] = Remembered()
        self._known: Remembered[tuple[NodeColumns, Document]] = Remembered()

    def of(self, node: DbtNode, columns: NodeColumns) -> Document:
        """Return namespace, name and facets of the relation of *node*; nobody may change it."""
        question = (node.unique_id, id(columns))
        return self._known.get(question, lambda: (columns, self._make(node, columns)))[1]

    def _make(self, node: DbtNode, columns: NodeColumns) -> Document:
        profile = self._profile
        namespace, name = profile.dataset_names.name_of(node)
        lasting = self._lasting.get(
            node.unique_id, lambda: facet_documents(lasting_facets(node, profile))
        )
        known = facet_documents(column_facets(node, profile, columns, columns.classifications))
        return {"namespace": namespace, "name": name, "facets": {**lasting, **known}}
