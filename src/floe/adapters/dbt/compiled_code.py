"""The SQL that dbt compiled, where dbt writes it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from floe.domain.model.manifest import DbtNode

_CLOCKS_DIFFER_S = 0.1
"""A file system dates a file by the tick of a clock, which may be older than the moment."""


class CompiledFiles:
    """Read ``compiled/{package}/...`` of a target directory; dbt writes nothing of a snapshot."""

    def of(self, node: DbtNode, target_path: Path, since: datetime | None = None) -> str | None:
        """Return the SQL of *node*: of a model in batches, that of the last one."""
        if not node.compiled_file:
            return None
        earliest_s = since.timestamp() - _CLOCKS_DIFFER_S if since is not None else 0.0
        file = target_path / "compiled" / node.package_name / node.compiled_file
        for path in _batches(file) if _is_in_batches(node) else (file,):
            try:
                if path.stat().st_mtime >= earliest_s:
                    return path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue
        return None


def _is_in_batches(node: DbtNode) -> bool:
    return node.config.get("incremental_strategy") == "microbatch"


def _batches(file: Path) -> Iterator[Path]:
    """Yield the file of each batch of the model at *file*, the last one first."""
    folder = file.with_suffix("")
    if folder.is_dir():
        yield from sorted(folder.iterdir(), reverse=True)
