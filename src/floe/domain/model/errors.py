"""Everything that can go wrong, split by what a caller can do about it.

FloeError
├── ConfigurationError            your input; correct it, a retry changes nothing
│   ├── ArtifactError             a contract document, a floe.yaml or a manifest
│   ├── ProfileError              a compute property or a credential
│   └── UnknownAdapterError       a backend that no installed package provides
├── NothingSelectedError          the selection matches no node
├── EnvironmentNotReadyError      a variable, package, file or connection is missing
├── ProfileWriteError             the profiles directory does not take the file
├── DbtRunError                   dbt could not be run, or ended outside its own rules
├── LineageNotKeptError           lineage is required and an event could not be kept
└── BackendError                  outside; may be retried
    ├── OutboxError               the durable outbox cannot take or give an event
    ├── LineageError              a lineage backend did not accept an event
    └── TelemetryError            a telemetry backend did not accept a payload
"""

from collections.abc import Iterable
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong: *what*, *where* (file and JSON path), and how to *fix* it."""

    what: str
    where: str = ""
    fix: str = ""

    def __str__(self) -> str:
        """Return the problem as one paragraph."""
        where = f"{self.where}: " if self.where else ""
        fix = f"\n  fix: {self.fix}" if self.fix else ""
        return f"{where}{self.what}{fix}"


class FloeError(Exception):
    """The root of every error that floe raises on purpose; *problems* holds the data."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems: tuple[Problem, ...] = tuple(
            Problem(problem) if isinstance(problem, str) else problem for problem in problems
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> "FloeError":
        """Return one error that reports all *problems* at once."""
        return cls(*problems)


class ConfigurationError(FloeError):
    """Something that the user wrote is wrong; a retry changes nothing."""


class ArtifactError(ConfigurationError):
    """A contract document, a floe.yaml or a manifest cannot be used."""


class ProfileError(ConfigurationError):
    """A compute property is missing, wrong, or a credential written in plain text."""


class UnknownAdapterError(ConfigurationError):
    """Settings name a backend that no installed package provides."""


class NothingSelectedError(FloeError):
    """The selection matches no node of the project."""


class EnvironmentNotReadyError(FloeError):
    """A variable, a package, a file or a connection that the run needs is missing."""


class ProfileWriteError(FloeError):
    """The profiles directory did not take the generated file; what was there is intact."""


class DbtRunError(FloeError):
    """Dbt could not be run, or ended in a way that its own rules do not foresee."""


class LineageNotKeptError(FloeError):
    """Lineage is required by the settings and at least one event could not be kept."""


class BackendError(FloeError):
    """Something outside floe failed; the same call may succeed later."""


class OutboxError(BackendError):
    """The durable outbox cannot take or give an event now."""


class LineageError(BackendError):
    """A lineage backend did not accept an event."""


class TelemetryError(BackendError):
    """A telemetry backend did not accept a payload."""
