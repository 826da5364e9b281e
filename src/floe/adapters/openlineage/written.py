"""Events as text that is put together: each piece is written once and stands in many events."""

from collections.abc import Iterable, Mapping
from typing import NewType

from openlineage.client.facet_v2 import BaseFacet

from floe.adapters.openlineage.canonical import canonical
from floe.adapters.openlineage.serialization import Document, facet_documents
from floe.domain.model.redaction import Redactor

Written = NewType("Written", str)
"""The canonical JSON text of a value, in which no known secret stands."""


class Pen:
    """Writes values: what it has written is put together without a further look at it."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def value(self, value: object) -> Written:
        """Return the text of *value*, every known secret masked.

        The whole text is searched first, in one go: a secret within a JSON string has one of the
        forms that the redactor knows. Only where one is found, value by value is masked.
        """
        text = canonical(value)
        if self._redactor.finds(text):
            text = canonical(self._redactor.value(value))
        return Written(text)

    def facets(self, facets: Mapping[str, BaseFacet | Document]) -> dict[str, Written]:
        """Return key → text of each of *facets*."""
        return self.members(facet_documents(facets)) if facets else {}

    def members(self, members: Mapping[str, object]) -> dict[str, Written]:
        """Return name → text of each of *members*."""
        return {name: self.value(member) for name, member in members.items()}


def plain(text: str) -> Written:
    """Return *text* as a string, where it is known to need no escape and to be no secret."""
    return Written(f'"{text}"')


def record(members: Mapping[str, Written]) -> Written:
    """Return the object with *members*, whose names need no escape."""
    pieces = [f'"{name}":{members[name]}' for name in sorted(members)]
    return Written("{" + ",".join(pieces) + "}")


def series(items: Iterable[Written]) -> Written:
    """Return the list of *items*."""
    return Written(f"[{','.join(items)}]")
