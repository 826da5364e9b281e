"""What is wrong with the properties of a target, collected so that all is told at once."""

from dataclasses import dataclass, field

from floe.domain.model.errors import Problem, ProfileError


@dataclass
class Findings:
    """Problems and warnings about one target; *method* is known once it was chosen.

    A problem names target, method and key path, never a value. Key paths begin at *root*.
    """

    target: str
    root: str
    method: str | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    suspects: list[Problem] = field(default_factory=list)
    """What is no error by itself and may be the reason of one."""

    def problem(self, path: str, what: str, fix: str = "") -> None:
        """Note that *what* is wrong with the property at *path*."""
        self.problems.append(Problem(f"{self._who}: {what}", self.where(path), fix))

    def warn(self, path: str, what: str) -> None:
        """Note something about the property at *path* that is no error."""
        self.warnings.append(f"{self.where(path)}: {self._who}: {what}")

    def suspect(self, path: str, what: str) -> None:
        """Warn about the property at *path*, and tell of it beside problems, if there are any."""
        self.warn(path, what)
        self.suspects.append(Problem(f"{self._who}: {what}", self.where(path)))

    def where(self, path: str) -> str:
        """Return the document and in it the JSON path of the property at *path*."""
        return f"{self.root}.{path}" if path else self.root

    def raise_if_any(self) -> None:
        """End the reading when something is wrong.

        Raises:
            ProfileError: With every problem that was noted, and the suspects.
        """
        if self.problems:
            raise self.error

    @property
    def error(self) -> ProfileError:
        """Return what is wrong, and what may be the reason."""
        return ProfileError(*self.problems, *self.suspects)

    @property
    def _who(self) -> str:
        return f"{self.target} (method {self.method})" if self.method else self.target
