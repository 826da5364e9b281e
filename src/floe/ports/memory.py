"""Small texts that one process leaves for the next."""

from typing import Protocol


class Memory(Protocol):
    """Remember a text by its key, in the project's state directory."""

    def recall(self, key: str) -> str | None:
        """Return the text kept under *key*, or None where there is none or it cannot be read."""

    def keep(self, key: str, text: str) -> None:
        """Keep *text* under *key* in place of what was there; a failure only forgets it."""
