"""A small shop as Dagster definitions, with dbt by script."""

import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from dagster import AssetsDefinition

from floe.adapters.dagster.assets import FloeAssetFactory
from floe.adapters.dagster.services import Services
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.run import DbtCommand, RunContext
from floe.testing.orchestrator import ScriptedObservedDbt
from tests.unit.adapters.dagster.projects import (
    Manifest,
    check_of,
    manifest_of,
    model,
    seed,
    unit_test,
    write,
)

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SHOP: Manifest = manifest_of(
    seed("raw", config={"group": "raw", "enabled": True, "materialized": "seed"}),
    model("orders", "seed.shop.raw"),
    model("customers", "model.shop.orders", tags=["gold"]),
    check_of("not_null_orders", "model.shop.orders", attached="model.shop.orders"),
    check_of("orders_match", "model.shop.orders", "model.shop.customers"),
    unit_test("adds_up", "model.shop.customers"),
)


def services_of(
    manifest: Manifest, directory: Path, events: Iterable[DbtEvent] = (), **changes: Any
) -> Services:
    fields: dict[str, Any] = {
        "command": DbtCommand(
            project_dir=directory, profiles_dir=directory, profile="shop", target="dev"
        ),
        "context": RunContext(run_id=str(UUID(int=7)), pipeline="shop", started_at=NOON),
        "read_graph": lambda: ProjectGraph(project_name="shop", adapter_type="duckdb", nodes={}),
        "manifest_path": write(manifest, directory),
        "dbt": ScriptedObservedDbt(events),
    }
    return Services(**fields | changes)


def shop_assets() -> AssetsDefinition:
    with tempfile.TemporaryDirectory() as directory:
        return FloeAssetFactory().create_dbt_assets(services_of(SHOP, Path(directory)))
