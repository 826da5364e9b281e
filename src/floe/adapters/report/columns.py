"""Columns: what each one is, where it comes from, where it goes, and what it reveals."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from floe.adapters.report.wording import kind
from floe.domain.model.archived_run import ArchivedNode, ArchivedRun
from floe.domain.model.column_lineage import ColumnOrigin
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.node_columns import NodeColumns

_Key: TypeAlias = tuple[str, str]
"""A unique id, and a column's name in lower case."""


class Link(NamedTuple):
    """The other end of a column's edge; *how* is in words."""

    anchor: str
    text: str
    how: str


class ColumnRow(NamedTuple):
    """One column; *badge* is its classification, *origin* tells declared from inherited."""

    anchor: str
    name: str
    data_type: str
    description: str
    badge: str
    sensitivity: str
    is_inherited: bool
    sources: tuple[Link, ...]
    readers: tuple[Link, ...]


class Relation(NamedTuple):
    """A relation with its columns."""

    unique_id: str
    anchor: str
    name: str
    kind: str
    relation: str
    description: str
    owner: str
    tags: tuple[str, ...]
    columns: tuple[ColumnRow, ...]
    sensitive: int


def relations(run: ArchivedRun, known: Mapping[str, NodeColumns]) -> tuple[Relation, ...]:
    """Return every relation of *run* that has a known column, sources first."""
    columns = _Columns(run, known)
    nodes = [node for node in run.nodes if not node.is_test]
    found = (columns.relation(node) for node in nodes)
    return tuple(item for item in found if item.columns)


class _Columns:
    """All columns of a run, and how they hang together."""

    def __init__(self, run: ArchivedRun, known: Mapping[str, NodeColumns]) -> None:
        self._nodes = run.by_id
        self._known = known
        self._numbers = {node.unique_id: number for number, node in enumerate(run.nodes)}
        self._documented = {
            (node.unique_id, column.name.lower()): column
            for node in run.nodes
            for column in node.columns
        }
        self._types: dict[_Key, str] = {}
        self._origins: dict[_Key, tuple[ColumnOrigin, ...]] = {}
        self._classified: dict[_Key, ColumnClassification] = {}
        self._readers: dict[_Key, tuple[Link, ...]] = {}
        for name, columns in known.items():
            self._learn(name, columns)

    def _learn(self, unique_id: str, columns: NodeColumns) -> None:
        for name, data_type in columns.data_types.items():
            self._types[unique_id, name.lower()] = data_type or ""
        for item in columns.classifications:
            self._classified[unique_id, item.column_name.lower()] = item
        for column in columns.lineage.columns if columns.lineage is not None else ():
            self._origins[unique_id, column.name.lower()] = column.origins
            for origin in column.origins:
                key = origin.unique_id, origin.column.lower()
                link = self._link(unique_id, column.name, origin)
                self._readers[key] = (*self._readers.get(key, ()), link)

    def relation(self, node: ArchivedNode) -> Relation:
        rows = tuple(self._row(node, name) for name in self._names(node))
        return Relation(
            unique_id=node.unique_id,
            anchor=self._anchor(node.unique_id),
            name=node.name,
            kind=kind(node),
            relation=node.relation,
            description=_first_paragraph(node.description),
            owner=node.owner or "",
            tags=node.tags,
            columns=rows,
            sensitive=sum(1 for row in rows if row.badge),
        )

    def _names(self, node: ArchivedNode) -> tuple[str, ...]:
        """Return the names of all columns: the relation's own order, then what is documented."""
        known = self._known.get(node.unique_id, NodeColumns())
        made = known.lineage.columns if known.lineage is not None else ()
        names = [column.name for column in made]
        names += [*known.data_types, *(column.name for column in node.columns)]
        folded: dict[str, str] = {}
        for name in names:
            folded.setdefault(name.lower(), name)
        return tuple(folded.values())

    def _row(self, node: ArchivedNode, name: str) -> ColumnRow:
        key = node.unique_id, name.lower()
        documented = self._documented.get(key)
        own = documented.classification if documented is not None else None
        classification = self._classified.get(key) or own
        written = (documented.data_type or "") if documented is not None else ""
        return ColumnRow(
            anchor=self._anchor(node.unique_id, name),
            name=name,
            data_type=(self._types.get(key) or written).lower(),
            description=_first_paragraph(documented.description or "" if documented else ""),
            badge=_badge(classification),
            sensitivity=classification.sensitivity.lower() if classification else "",
            is_inherited=classification is not None and own is None,
            sources=tuple(
                self._link(origin.unique_id, origin.column, origin)
                for origin in self._origins.get(key, ())
            ),
            readers=self._readers.get(key, ()),
        )

    def _link(self, unique_id: str, column: str, origin: ColumnOrigin) -> Link:
        node = self._nodes.get(unique_id)
        owner = node.name if node is not None else unique_id.rsplit(".", maxsplit=1)[-1]
        return Link(self._anchor(unique_id, column), f"{owner}.{column}", _how(origin))

    def _anchor(self, unique_id: str, column: str = "") -> str:
        """Return an id for the page that holds nothing of the project's own text."""
        number = self._numbers.get(unique_id)
        if number is None:
            return ""
        if not column:
            return f"r{number}"
        return f"r{number}-" + column.lower().encode().hex()


def _how(origin: ColumnOrigin) -> str:
    ways = dict.fromkeys(
        "masked" if way.masking else way.influence.value.lower().replace("_", " ")
        for way in origin.transformations
    )
    return ", ".join(ways)


def _badge(classification: ColumnClassification | None) -> str:
    if classification is None:
        return ""
    parts = (classification.classification, classification.pii_type)
    return " · ".join(part for part in parts if part)


def _first_paragraph(text: str) -> str:
    return " ".join(text.strip().split("\n\n")[0].split())
