"""What all events of one emitter have in common."""

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

from floe.adapters.openlineage.messages import clean_message
from floe.adapters.openlineage.naming import DatasetNames
from floe.adapters.openlineage.source_code import Repository

_PRODUCERS = "https://floe.dev/producers"


def floe_version() -> str:
    """Return the version of the installed package."""
    try:
        return version("floe")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+unknown"


def producer_uri(producer: str) -> str:
    """Return *producer* as the URI that OpenLineage asks for, with floe's version in it."""
    if urlsplit(producer).scheme in {"http", "https"}:
        return producer
    return f"{_PRODUCERS}/{quote(producer, safe='')}/{quote(floe_version())}"


@dataclass(frozen=True)
class EventProfile:
    """The constants of an emitter's events.

    *namespace* is that of jobs. *producer* is a URI. *capture_sql* says whether compiled SQL
    leaves. *project_dir* is what machine paths are made relative to.
    """

    namespace: str
    producer: str
    dataset_names: DatasetNames
    capture_sql: bool = True
    project_dir: Path | None = None
    dbt_version: str = ""
    version: str = field(default_factory=floe_version)
    repository: Repository | None = None

    @classmethod
    def of(
        cls,
        *,
        namespace: str,
        producer: str,
        dataset_names: DatasetNames,
        capture_sql: bool = True,
        project_dir: Path | None = None,
        dbt_version: str = "",
    ) -> Self:
        """Return the profile of a project: *producer* may be a plain name, git is looked at."""
        return cls(
            namespace=namespace,
            producer=producer_uri(producer),
            dataset_names=dataset_names,
            capture_sql=capture_sql,
            project_dir=project_dir,
            dbt_version=dbt_version,
            repository=Repository.around(project_dir),
        )

    @property
    def adapter_type(self) -> str:
        """The dbt adapter whose warehouse the datasets are in."""
        return self.dataset_names.adapter_type

    def cleaned(self, text: str) -> str:
        """Return *text* fit to leave the machine."""
        return clean_message(text, self.project_dir)
