"""The SQL that dbt compiled, found where dbt writes it."""

from collections.abc import Iterator
from pathlib import Path

from floe.domain.model.run import DbtCommand


class CompiledFiles:
    """Find compiled nodes under ``compiled/`` of the target directory of *command*.

    Only files that were written during the run count: an older one may belong to another target.
    """

    def __init__(self, command: DbtCommand, since_s: float) -> None:
        target = command.target_path or command.project_dir / "target"
        self._compiled = target / "compiled"
        self._since_s = since_s

    def __call__(self, unique_id: str, node_path: str) -> str | None:
        """Return the SQL of the node at *node_path* in its package, or None."""
        for path in self._places_of(unique_id, node_path):
            try:
                if path.stat().st_mtime >= self._since_s:
                    return path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue
        return None

    def _places_of(self, unique_id: str, node_path: str) -> Iterator[Path]:
        kind, package, *_ = unique_id.split(".")
        roots = self._roots_of(package)
        yield from (root / node_path for root in roots)
        if kind == "test":  # one of a YAML file lies in a folder that is named as that file
            yield from (path for root in roots for path in root.glob(f"**/{node_path}"))

    def _roots_of(self, package: str) -> list[Path]:
        """Return the folders of *package* as they are now: dbt makes each with its first file."""
        try:
            return sorted(item for item in (self._compiled / package).iterdir() if item.is_dir())
        except OSError:
            return []
