"""Which columns a column is made from, and how (OpenLineage ColumnLineageDatasetFacet 1-2-0).

A project has tens of thousands of these values, made from what was read already: they are not
checked once more, as other values are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Influence(StrEnum):
    """How an input column shapes an output: the first three pass values on, the others do not."""

    IDENTITY = "IDENTITY"
    TRANSFORMATION = "TRANSFORMATION"
    AGGREGATION = "AGGREGATION"
    JOIN = "JOIN"
    GROUP_BY = "GROUP_BY"
    FILTER = "FILTER"
    SORT = "SORT"
    WINDOW = "WINDOW"
    CONDITIONAL = "CONDITIONAL"

    __hash__ = str.__hash__  # an enum's own is many times as slow, and tracing asks all the time

    @property
    def is_direct(self) -> bool:
        """Whether values of the input appear, changed or not, in the output."""
        return self in _DIRECT


_DIRECT = frozenset({Influence.IDENTITY, Influence.TRANSFORMATION, Influence.AGGREGATION})


@dataclass(frozen=True, slots=True)
class Transformation:
    """One way from an input column to an output; *masking* when its values cannot be read back."""

    influence: Influence
    masking: bool = False

    @property
    def reveals(self) -> bool:
        """Whether who reads the output learns values of the input."""
        return self.influence.is_direct and not self.masking


@dataclass(frozen=True, slots=True)
class ColumnOrigin:
    """An input column: *unique_id* of the node that it belongs to, and its name there."""

    unique_id: str
    column: str
    transformations: tuple[Transformation, ...]

    @property
    def reveals(self) -> bool:
        """Whether any of the ways reveals values."""
        return any(transformation.reveals for transformation in self.transformations)


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column that a node makes; *data_type* only where the SQL or its inputs state it."""

    name: str
    data_type: str | None = None
    origins: tuple[ColumnOrigin, ...] = ()


@dataclass(frozen=True, slots=True)
class RelationLineage:
    """The columns of one relation in order; *influences* are inputs that shape all its rows.

    *is_complete* is False when there are columns that could not be told, behind a ``*``.
    """

    columns: tuple[OutputColumn, ...] = ()
    influences: tuple[ColumnOrigin, ...] = ()
    is_complete: bool = True

    @property
    def data_types(self) -> Mapping[str, str | None]:
        """Column name → data type, in order."""
        return {column.name: column.data_type for column in self.columns}
