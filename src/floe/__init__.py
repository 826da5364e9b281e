"""Run dbt under an orchestrator: a contract in; profiles, assets, lineage and traces out.

Every name below is imported when it is first used, so that ``import floe`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from floe.adapters.dagster.translator import FloeTranslator
    from floe.adapters.openlineage.datasets import LineageDatasetBuilder
    from floe.adapters.openlineage.emitter import OpenLineageEmitter
    from floe.adapters.otlp.manager import TracingManager
    from floe.adapters.profiles.factory import ProfileFactory
    from floe.adapters.profiles.generators import (
        BigQueryProfileGenerator,
        DatabricksProfileGenerator,
        DuckDBProfileGenerator,
        PostgreSQLProfileGenerator,
        RedshiftProfileGenerator,
        SnowflakeProfileGenerator,
        SparkProfileGenerator,
    )
    from floe.adapters.profiles.writer import ProfileWriter
    from floe.domain.model.errors import FloeError
    from floe.domain.model.governance import ColumnClassification
    from floe.domain.model.lineage import (
        LineageDataset,
        LineageEvent,
        LineageEventType,
        OpenLineageConfig,
    )
    from floe.domain.model.manifest import ColumnMetadata, DbtModelMetadata
    from floe.domain.model.materialization import AssetMaterializationResult, MaterializationStatus
    from floe.domain.model.profile import ProfileGeneratorConfig
    from floe.domain.model.tracing import TracingConfig
    from floe.entrypoints.asset_factory import FloeAssetFactory
    from floe.entrypoints.project import Project, open_project
    from floe.ports.lineage import LineageEmitter
    from floe.ports.profile_generator import ProfileGenerator

_HOMES = {
    "AssetMaterializationResult": "domain.model.materialization",
    "BigQueryProfileGenerator": "adapters.profiles.generators",
    "ColumnClassification": "domain.model.governance",
    "ColumnMetadata": "domain.model.manifest",
    "DatabricksProfileGenerator": "adapters.profiles.generators",
    "DbtModelMetadata": "domain.model.manifest",
    "DuckDBProfileGenerator": "adapters.profiles.generators",
    "FloeAssetFactory": "entrypoints.asset_factory",
    "FloeError": "domain.model.errors",
    "FloeTranslator": "adapters.dagster.translator",
    "LineageDataset": "domain.model.lineage",
    "LineageDatasetBuilder": "adapters.openlineage.datasets",
    "LineageEmitter": "ports.lineage",
    "LineageEvent": "domain.model.lineage",
    "LineageEventType": "domain.model.lineage",
    "MaterializationStatus": "domain.model.materialization",
    "OpenLineageConfig": "domain.model.lineage",
    "OpenLineageEmitter": "adapters.openlineage.emitter",
    "PostgreSQLProfileGenerator": "adapters.profiles.generators",
    "ProfileFactory": "adapters.profiles.factory",
    "ProfileGenerator": "ports.profile_generator",
    "ProfileGeneratorConfig": "domain.model.profile",
    "ProfileWriter": "adapters.profiles.writer",
    "Project": "entrypoints.project",
    "RedshiftProfileGenerator": "adapters.profiles.generators",
    "SnowflakeProfileGenerator": "adapters.profiles.generators",
    "SparkProfileGenerator": "adapters.profiles.generators",
    "TracingConfig": "domain.model.tracing",
    "TracingManager": "adapters.otlp.manager",
    "open_project": "entrypoints.project",
}

__all__ = [
    "AssetMaterializationResult",
    "BigQueryProfileGenerator",
    "ColumnClassification",
    "ColumnMetadata",
    "DatabricksProfileGenerator",
    "DbtModelMetadata",
    "DuckDBProfileGenerator",
    "FloeAssetFactory",
    "FloeError",
    "FloeTranslator",
    "LineageDataset",
    "LineageDatasetBuilder",
    "LineageEmitter",
    "LineageEvent",
    "LineageEventType",
    "MaterializationStatus",
    "OpenLineageConfig",
    "OpenLineageEmitter",
    "PostgreSQLProfileGenerator",
    "ProfileFactory",
    "ProfileGenerator",
    "ProfileGeneratorConfig",
    "ProfileWriter",
    "Project",
    "RedshiftProfileGenerator",
    "SnowflakeProfileGenerator",
    "SparkProfileGenerator",
    "TracingConfig",
    "TracingManager",
    "open_project",
]


def __getattr__(name: str) -> object:
    """Import the public name *name* from its home at its first use."""
    if name not in _HOMES:
        msg = f"module 'floe' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"floe.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
