"""What is found on the way through a document: everything is looked at before anything is said."""

from pathlib import Path

from floe.domain.model.errors import ConfigurationError, Problem


class Findings:
    """Problems and warnings about the document *source*, in the order of their discovery."""

    def __init__(self, source: Path, warnings: tuple[str, ...] = ()) -> None:
        self._source = source
        self._problems: list[Problem] = []
        self._warnings = list(warnings)

    def refuse(self, what: str, where: str, fix: str = "") -> None:
        """Note a problem at *where*: a JSON path in the document, or the name of a variable."""
        place = f"{self._source}: {where}" if where.startswith("$") else where
        self._problems.append(Problem(what, place, fix))

    def warn(self, text: str) -> None:
        """Note something that a person should know, though it stops nothing."""
        self._warnings.append(text)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Every warning so far."""
        return tuple(self._warnings)

    def check(self) -> None:
        """Go on only if nothing was refused.

        Raises:
            ConfigurationError: Something was; every problem at once.
        """
        if self._problems:
            raise ConfigurationError(*self._problems)
