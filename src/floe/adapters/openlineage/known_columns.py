"""Columns that are known without reading SQL: warehouse, catalog, seed files, documentation."""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from floe.domain.model.manifest import DbtNode

Types: TypeAlias = Mapping[str, str | None]
"""Column name → data type, in the relation's order."""
WarehouseColumns: TypeAlias = Callable[[DbtNode], Types | None]
"""Asks the warehouse for the columns of a relation; None where it cannot say."""
_UNQUOTED_SEEDS = {"snowflake"}
_AS_WRITTEN = {"bigquery", "databricks", "duckdb", "redshift", "spark"}
"""Adapters of warehouses that fold no name; of the others sqlglot knows, which takes a while."""


class KnownColumns:
    """Look up columns in every place but the SQL; nothing that is missing or broken is an error.

    *catalog_path* is dbt's ``catalog.json``. *project_dir* is where seed files are looked for.
    """

    def __init__(
        self,
        adapter_type: str,
        *,
        project_dir: Path | None = None,
        catalog_path: Path | None = None,
        warehouse: WarehouseColumns | None = None,
    ) -> None:
        self._adapter_type = adapter_type
        self._project_dir = project_dir
        self._catalog_path = catalog_path
        self._warehouse = warehouse
        self._catalog: Mapping[str, Types] | None = None

    def now(self, node: DbtNode) -> Types:
        """Return what the warehouse says of the relation of *node* at this moment."""
        return (self._warehouse(node) if self._warehouse is not None else None) or {}

    def recorded(self, node: DbtNode) -> Types:
        """Return what dbt's catalog says, which may be older than the relation."""
        if self._catalog is None:
            self._catalog = _read_catalog(self._catalog_path)
        return self._catalog.get(node.unique_id, {})

    def documented(self, node: DbtNode) -> Types:
        """Return the columns that the project describes, which may not be all."""
        columns = node.columns.values()
        return {self._as_stored(column.name): column.data_type for column in columns}

    def in_file(self, node: DbtNode) -> Types:
        """Return the header of a seed's file, with the types that its configuration gives."""
        header = self._header(node)
        given = node.config.get("column_types")
        types = {str(key).lower(): str(value) for key, value in _items(given)}
        quoted = node.config.get("quote_columns")
        keep = quoted if isinstance(quoted, bool) else self._adapter_type not in _UNQUOTED_SEEDS
        return {name if keep else self._as_stored(name): types.get(name.lower()) for name in header}

    def _as_stored(self, name: str) -> str:
        """Fold *name* where the warehouse does; the others keep it as it is written."""
        if self._adapter_type in _AS_WRITTEN:
            return name
        from floe.adapters.openlineage.sql.query import dialect_of, folds, normalized

        dialect = dialect_of(self._adapter_type)
        return normalized(name, dialect, quoted=False) if folds(dialect) else name

    def _header(self, node: DbtNode) -> tuple[str, ...]:
        if node.resource_type != "seed" or self._project_dir is None or not node.path:
            return ()
        delimiter = str(node.config.get("delimiter") or ",")
        for path in (self._project_dir / node.path, *self._in_packages(node)):
            try:
                with path.open(encoding="utf-8-sig", newline="") as file:
                    return tuple(
                        name.strip() for name in next(csv.reader(file, delimiter=delimiter))
                    )
            except (OSError, StopIteration, UnicodeDecodeError, csv.Error, TypeError):
                continue
        return ()

    def _in_packages(self, node: DbtNode) -> tuple[Path, ...]:
        if self._project_dir is None or not node.path:
            return ()
        return (self._project_dir / "dbt_packages" / node.package_name / node.path,)


def _read_catalog(path: Path | None) -> Mapping[str, Types]:
    if path is None:
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        entries = {**document.get("nodes", {}), **document.get("sources", {})}
        return {unique_id: _catalog_columns(entry) for unique_id, entry in entries.items()}
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return {}


def _catalog_columns(entry: Mapping[str, Mapping[str, Mapping[str, object]]]) -> Types:
    columns = sorted(entry["columns"].values(), key=lambda column: int(str(column["index"])))
    return {str(column["name"]): str(column["type"]) for column in columns}


def _items(value: object) -> list[tuple[object, object]]:
    return list(value.items()) if isinstance(value, Mapping) else []
