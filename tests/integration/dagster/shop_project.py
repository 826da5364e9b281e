"""The shop: a small dbt project on DuckDB that has one of everything, ready to run under floe."""

import shutil
import subprocess
import sys
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from floe.adapters.dagster.services import Services
from floe.adapters.dbt.in_process import InProcessDbtRunner
from floe.adapters.dbt.manifest import JsonManifestReader
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent
from floe.domain.model.redaction import Redactor
from floe.domain.model.run import DbtCommand, RunContext
from floe.domain.use_cases.observe import observe
from floe.ports.dbt_runner import DbtRunner
from floe.ports.lineage import LineageEmitter
from floe.ports.observed_dbt import ObservedDbt
from floe.testing.fakes import RecordingTracer

SOURCE = Path(__file__).parent / "shop"
DBT = str(Path(sys.executable).with_name("dbt"))


def copy_shop(directory: Path) -> Path:
    """Return a copy of the shop in *directory*, parsed."""
    project = directory / "shop"
    shutil.copytree(SOURCE, project, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb"))
    parse(project)
    return project


def parse(project: Path) -> None:
    subprocess.run(  # noqa: S603 - dbt of this environment, on a copy of the shop
        [DBT, "parse", "--quiet", "--profiles-dir", str(project)],
        cwd=project,
        check=True,
        capture_output=True,
        timeout=120,
    )


def observed_by(runner: DbtRunner, lineage: LineageEmitter) -> ObservedDbt:
    """Return dbt by *runner*, told to *lineage* and to nobody else."""

    def observed(
        command: DbtCommand, context: RunContext, graph: ProjectGraph
    ) -> Generator[DbtEvent, None, None]:
        return observe(
            runner.run(command),
            context=context,
            graph=graph,
            lineage=lineage,
            tracer=RecordingTracer(),
            redactor=Redactor(),
        )

    return observed


def shop_command(project: Path, **changes: Any) -> DbtCommand:
    fields: dict[str, Any] = {
        "project_dir": project,
        "profiles_dir": project,
        "profile": "shop",
        "target": "dev",
        "environment": {"SHOP_DUCKDB": str(project / "shop.duckdb")},
    }
    return DbtCommand(**fields | changes)


def shop_context(**changes: Any) -> RunContext:
    fields: dict[str, Any] = {
        "run_id": str(UUID(int=7)),
        "pipeline": "shop",
        "started_at": datetime(2026, 1, 2, 12, tzinfo=UTC),
        "target": "duckdb",
        "target_name": "dev",
    }
    return RunContext(**fields | changes)


def shop_services(
    project: Path, lineage: LineageEmitter, runner: DbtRunner | None = None, **changes: Any
) -> Services:
    manifest = project / "target" / "manifest.json"
    services = Services(
        command=shop_command(project),
        context=shop_context(),
        read_graph=lambda: JsonManifestReader().read(manifest),
        manifest_path=manifest,
        dbt=observed_by(runner or InProcessDbtRunner(), lineage),
    )
    return replace(services, **changes)
