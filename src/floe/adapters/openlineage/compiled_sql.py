"""Where the compiled SQL of a node is found when nobody hands it over."""

from pathlib import Path

from floe.domain.model.manifest import DbtNode


class CompiledSql:
    """Read what dbt wrote under *target_path*: ``compiled/{package}/{path in the package}``."""

    def __init__(self, target_path: Path | None = None) -> None:
        self._target_path = target_path

    @property
    def catalog_path(self) -> Path | None:
        """Where dbt writes its catalog, when it is asked for one."""
        return self._target_path / "catalog.json" if self._target_path is not None else None

    def of(self, node: DbtNode) -> str | None:
        """Return the SQL of *node*: from the manifest, else from dbt's own file, else None."""
        if node.language == "python":
            return None
        return node.compiled_code or self._in_file(node)

    def _in_file(self, node: DbtNode) -> str | None:
        if self._target_path is None or not node.path:
            return None
        path = self._target_path / "compiled" / node.package_name / node.path
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
