"""Datasets as plain values, remembered: the same relation stands on many events."""

from floe.adapters.openlineage.dataset_facets import dataset_facets
from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.remembered import Remembered
from floe.adapters.openlineage.serialization import Document, facet_documents
from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_columns import NodeColumns


class DatasetDocuments:
    """Makes the document of a relation once for each state of knowledge of its columns."""

    def __init__(self, profile: EventProfile) -> None:
        self._profile = profile
        self._known: Remembered[tuple[NodeColumns, Document]] = Remembered()

    def of(self, node: DbtNode, columns: NodeColumns) -> Document:
        """Return namespace, name and facets of the relation of *node*; nobody may change it."""
        question = (node.unique_id, id(columns))
        return self._known.get(question, lambda: (columns, self._make(node, columns)))[1]

    def _make(self, node: DbtNode, columns: NodeColumns) -> Document:
        namespace, name = self._profile.dataset_names.name_of(node)
        facets = dataset_facets(node, self._profile, columns, columns.classifications)
        return {"namespace": namespace, "name": name, "facets": facet_documents(facets)}
