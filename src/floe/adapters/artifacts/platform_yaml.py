"""platform.yaml: the second tier, which gives the names in floe.yaml their meaning.

Of its three versions (1.0.0 to 1.2.0) only the compute profiles and observability are read.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

from pydantic import Field

from floe.adapters.artifacts import sections
from floe.adapters.artifacts.document_file import read_text, refused
from floe.adapters.artifacts.observability import Observability
from floe.adapters.artifacts.section import Section, Unread, read_section
from floe.adapters.artifacts.yaml_text import LARGEST, parse_yaml
from floe.domain.model import pipeline

_FILE = "platform.yaml"
_DEFAULT_ENVIRONMENT = "local"


class _PlatformYaml(Section):
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")] = "1.2.0"
    layers: Unread = None
    infrastructure: Unread = None
    security: Unread = None
    governance: Unread = None
    storage: Unread = None
    catalogs: Unread = None
    compute: dict[str, sections.ComputeProfile] = Field(default_factory=dict)
    observability: Observability | None = None


class Platform:
    """The platform.yaml at *path*."""

    def __init__(self, path: Path, targets: Collection[str]) -> None:
        document = parse_yaml(read_text(path, LARGEST), path)
        self._path = path
        self._read = read_section(_PlatformYaml, document, path, targets)

    @property
    def observability(self) -> pipeline.Observability | None:
        """What the platform says of observability."""
        section = self._read.observability
        return section.to_domain() if section else None

    def compute_profile(self, name: str, asking: Path) -> pipeline.Compute:
        """Return the compute target of the profile *name*, for which the file *asking* asks.

        Raises:
            ArtifactError: There is no such profile.
        """
        profile = self._read.compute.get(name)
        if profile is None:
            known = ", ".join(self._read.compute) or "none"
            what = f"names a compute profile that {self._path} does not have"
            raise refused(asking, what, f"name one of its profiles: {known}", "$.compute")
        return profile.to_domain(f"{self._path.name} compute.{name}")


def find_platform_file(folder: Path, environment: str | None) -> Path | None:
    """Return the platform.yaml for a floe.yaml in *folder*, or None.

    One for *environment* (``local`` where none is given) goes before one for all; ``platform``
    goes before ``.floe``, and both before the folder itself.
    """
    places = (folder / "platform", folder / ".floe")
    name = environment or _DEFAULT_ENVIRONMENT
    candidates = [*(place / name / _FILE for place in places)]
    candidates += [place / _FILE for place in (*places, folder)]
    return next((file for file in candidates if file.is_file()), None)
