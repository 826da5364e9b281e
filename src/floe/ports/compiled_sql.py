"""The SQL that dbt compiled."""

from datetime import datetime
from pathlib import Path
from typing import Protocol

from floe.domain.model.manifest import DbtNode


class CompiledSql(Protocol):
    """Find what dbt compiled of a node."""

    def of(self, node: DbtNode, target_path: Path, since: datetime | None = None) -> str | None:
        """Return the SQL of *node* under dbt's *target_path*, or None where there is none.

        With *since* only what was compiled then or later counts: what is older may be of another
        target, or of other variables.
        """
