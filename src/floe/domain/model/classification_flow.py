"""How classifications are decided, and how they travel along column lineage.

A column made from an e-mail address is an e-mail address, until something masks it or somebody
says what it is instead.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from floe.domain.model.column_lineage import OutputColumn, RelationLineage
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.manifest import DbtNode, ProjectGraph
from floe.domain.model.pipeline import ClassificationSource, Governance

Classified: TypeAlias = Mapping[str, ColumnClassification]
"""Column name, folded to lower case → its classification."""
_RANK = {"high": 3, "medium": 2, "low": 1}


def declared(node: DbtNode, governance: Governance, graph: ProjectGraph | None) -> Classified:
    """Return what the project and the contract say of the columns of *node*.

    Where both classify a column, ``governance.classification_source`` decides. The contract names
    models without their package: where two packages of *graph* have a model of that name, the one
    of the root project is meant.
    """
    project = _by_column(node.classifications)
    contract = _by_column(_from_contract(node, governance, graph))
    if governance.classification_source is ClassificationSource.EXTERNAL:
        return {**project, **contract}
    return {**contract, **project}


def inherited(lineage: RelationLineage, classified_of: Callable[[str], Classified]) -> Classified:
    """Return what the columns of *lineage* take over from the columns they are made from.

    *classified_of* maps a unique id → all that is known of its columns. Of several origins, the
    most sensitive one counts; a masked or merely indirect origin passes nothing on.
    """
    found = ((column, _strictest(column, classified_of)) for column in lineage.columns)
    return {
        column.name.lower(): origin.model_copy(update={"column_name": column.name})
        for column, origin in found
        if origin is not None
    }


def _strictest(
    column: OutputColumn, classified_of: Callable[[str], Classified]
) -> ColumnClassification | None:
    revealed = (origin for origin in column.origins if origin.reveals)
    known = (classified_of(origin.unique_id).get(origin.column.lower()) for origin in revealed)
    return max((item for item in known if item is not None), key=_strictness, default=None)


def _strictness(item: ColumnClassification) -> tuple[int, bool, str, str]:
    """Order by sensitivity; what is not public outweighs what is; the rest keeps it stable."""
    rank = _RANK.get(item.sensitivity.lower(), 0)
    return rank, item.classification.lower() != "public", item.classification, item.pii_type or ""


def _by_column(items: Iterable[ColumnClassification]) -> dict[str, ColumnClassification]:
    return {item.column_name.lower(): item for item in items}


def _from_contract(
    node: DbtNode, governance: Governance, graph: ProjectGraph | None
) -> tuple[ColumnClassification, ...]:
    items = governance.classifications.get(node.name, ())
    if not items or node.resource_type not in {"model", "seed", "snapshot"}:
        return ()
    if graph is None or node.package_name in {"", graph.project_name}:
        return items
    namesake = f"{node.resource_type}.{graph.project_name}.{node.name}"
    return () if graph.node(namesake) is not None else items
