"""What is known of the columns of one node, from the warehouse, its SQL and the project."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from floe.domain.model.column_lineage import RelationLineage
from floe.domain.model.governance import ColumnClassification


@dataclass(frozen=True, slots=True)
class NodeColumns:
    """*data_types* maps column name → data type in the relation's order.

    *lineage* is None where the node has no query that was understood: a source, a seed.
    *classifications* hold what was declared and what was inherited.
    """

    data_types: Mapping[str, str | None] = field(default_factory=dict)
    lineage: RelationLineage | None = None
    classifications: tuple[ColumnClassification, ...] = ()
