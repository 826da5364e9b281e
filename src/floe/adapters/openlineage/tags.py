"""Tags, from everything that a project says about a node or a column in a word."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from floe.domain.model.governance import ColumnClassification
from floe.domain.model.manifest import DbtNode

_OWN_META = {"floe", "owner"}


class Tag(NamedTuple):
    """A word about a dataset, a job or a column (*field*), and who said it."""

    key: str
    value: str
    source: str
    field: str | None = None


def node_tags(node: DbtNode) -> Iterator[Tag]:
    """Yield dbt's tags of *node*, what it exposes, and the scalars of its ``meta``."""
    for tag in node.tags:
        yield Tag(tag, "true", "DBT")
    for key, value in node.exposed.items():
        yield Tag(key, value, "DBT")
    yield from _meta(node.meta, None)


def column_tags(node: DbtNode) -> Iterator[Tag]:
    """Yield dbt's tags of the columns of *node* and the scalars of their ``meta``."""
    for column in node.columns.values():
        for tag in column.tags:
            yield Tag(tag, "true", "DBT", column.name)
        yield from _meta(column.meta, column.name)


def classification_tags(items: Iterable[ColumnClassification]) -> Iterator[Tag]:
    """Yield one tag for each thing that is known of each classified column."""
    for item in items:
        yield Tag("classification", item.classification, "FLOE", item.column_name)
        yield Tag("sensitivity", item.sensitivity, "FLOE", item.column_name)
        if item.pii_type is not None:
            yield Tag("pii_type", item.pii_type, "FLOE", item.column_name)


def _meta(meta: Mapping[str, Any], field: str | None) -> Iterator[Tag]:
    for key, value in meta.items():
        if key in _OWN_META or not isinstance(value, str | int | float):
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield Tag(key, text, "DBT_META", field)
