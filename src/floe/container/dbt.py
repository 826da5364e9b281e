"""The dbt project: its files, its graph, and the ways to run it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from floe.container.kinds import by_kind
from floe.domain.model import settings as chosen
from floe.domain.model.manifest import Deferred, ProjectGraph
from floe.domain.model.plan import RunPlan
from floe.domain.model.settings import Settings
from floe.ports.compiled_sql import CompiledSql
from floe.ports.dbt_project import DbtProjectFiles
from floe.ports.dbt_runner import DbtRunner
from floe.ports.manifest_reader import ManifestReader

if TYPE_CHECKING:
    from floe.adapters.dbt.manifest import JsonManifestReader


def project_files() -> DbtProjectFiles:
    """Return the view of dbt project files on disk."""
    from floe.adapters.dbt.project_files import DiskProjectFiles

    return DiskProjectFiles()


def variables_of(text: str) -> Mapping[str, object]:
    """Return the dbt variables that *text*, a mapping in YAML, names."""
    from floe.adapters.dbt.variables import read_variables

    return read_variables(text)


def _manifest_reader() -> "JsonManifestReader":
    from floe.adapters.dbt.manifest import JsonManifestReader

    return JsonManifestReader()


def _graph(plan: RunPlan, reader: ManifestReader) -> ProjectGraph:
    """Return the project's graph, read from dbt's manifest when somebody first looks into it.

    Before dbt has written one, the graph is empty. It is read once, whole: dbt writes its manifest
    again as a run ends, and who looks into another part of it then would meet half a file.
    """
    project_dir = plan.project_dir or plan.project_root
    manifest, files = plan.manifest_path, project_files()
    compute = plan.pipeline.compute
    read = cache(lambda: reader.read(manifest))
    return ProjectGraph(
        project_name=files.project_name(project_dir) or plan.pipeline.name,
        adapter_type=compute.target if compute else "",
        project_root=str(project_dir),
        nodes=Deferred(lambda: read().nodes if files.exists(manifest) else {}),
        consumers=Deferred(lambda: read().consumers if files.exists(manifest) else {}),
        exposures=Deferred(lambda: read().exposures if files.exists(manifest) else {}),
    )


def _compiled() -> CompiledSql:
    from floe.adapters.dbt.compiled_code import CompiledFiles

    return CompiledFiles()


def _in_process() -> DbtRunner:
    from floe.adapters.dbt.in_process import InProcessDbtRunner

    return InProcessDbtRunner()


def _child() -> DbtRunner:
    from floe.adapters.dbt.child_runner import ChildDbtRunner

    return ChildDbtRunner()


def _subprocess(choice: chosen.SubprocessDbt) -> DbtRunner:
    from floe.adapters.dbt.subprocess_runner import SubprocessDbtRunner

    return SubprocessDbtRunner(choice.executable)


def _warm(choice: chosen.WarmDbt, state_dir: Path) -> DbtRunner:
    from floe.adapters.dbt.warm import WarmDbtRunner

    return WarmDbtRunner(state_dir, choice.idle_s)


class Dbt(containers.DeclarativeContainer):
    """What reads the dbt project, and what runs it."""

    plan = providers.Dependency(instance_of=RunPlan)
    settings = providers.Dependency(instance_of=Settings)
    state_dir = providers.Dependency(instance_of=Path)

    manifest_reader: providers.Provider["JsonManifestReader"] = providers.Resource(_manifest_reader)
    """One for as long as the project is open: a new step reads no manifest that is unchanged."""
    graph: providers.Provider[ProjectGraph] = providers.Singleton(_graph, plan, manifest_reader)

    compiled: providers.Provider[CompiledSql] = providers.Singleton(_compiled)

    _choice = settings.provided.dbt
    runner: providers.Provider[DbtRunner] = by_kind(
        _choice,
        {
            chosen.InProcessDbt: providers.Singleton(_in_process),
            chosen.ChildDbt: providers.Singleton(_child),
            chosen.SubprocessDbt: providers.Singleton(_subprocess, _choice),
            chosen.WarmDbt: providers.Singleton(_warm, _choice, state_dir),
        },
        group="floe.dbt",
    )
