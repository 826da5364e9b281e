"""What a column holds, and how carefully it must be treated."""

from floe.domain.model.value import Value


class ColumnClassification(Value):
    """The classification of one column, from ``meta.floe`` or from the contract.

    *classification* is free text in the contract (``pii``, ``internal``, ``public``,
    ``confidential``, ``pci`` are common); *sensitivity* is low, medium or high.
    """

    column_name: str
    classification: str
    pii_type: str | None = None
    sensitivity: str = "medium"
