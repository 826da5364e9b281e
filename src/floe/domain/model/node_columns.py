"""What is known of the columns of one node, from the warehouse, its SQL and the project."""

from collections.abc import Mapping

from pydantic import Field

from floe.domain.model.column_lineage import RelationLineage
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.value import Value


class NodeColumns(Value):
    """*data_types* maps column name → data type in the relation's order.

    *lineage* is None where the node has no query that was understood: a source, a seed.
    *classifications* hold what was declared and what was inherited.
    """

    data_types: Mapping[str, str | None] = Field(default_factory=dict)
    lineage: RelationLineage | None = None
    classifications: tuple[ColumnClassification, ...] = ()
