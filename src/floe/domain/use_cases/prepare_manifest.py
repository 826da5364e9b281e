"""Have dbt's manifest ready before anybody asks what is in the project."""

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent, InvocationFinished
from floe.domain.model.run import DbtCommand, DbtVerb
from floe.ports.dbt_project import DbtProjectFiles
from floe.ports.dbt_runner import DbtRunner
from floe.ports.manifest_reader import ManifestReader
from floe.ports.memory import Memory

_KEY = "manifest.fingerprint"


class PreparedManifest(NamedTuple):
    """The graph, or None and what dbt said when it could not parse the project."""

    graph: ProjectGraph | None
    events: tuple[DbtEvent, ...] = ()


def prepare_manifest(
    command: DbtCommand,
    manifest: Path,
    *,
    runner: DbtRunner,
    reader: ManifestReader,
    files: DbtProjectFiles,
    memory: Memory,
) -> PreparedManifest:
    """Return the graph of *manifest*, written again by ``dbt parse`` when the project changed.

    Only the graph comes from here: dbt itself decides afresh in every run what SQL there is.

    Raises:
        ArtifactError: dbt wrote a manifest that floe does not know.
        EnvironmentNotReadyError: dbt or the adapter package is not installed.
    """
    fingerprint = _fingerprint(command, files)
    if files.exists(manifest) and memory.recall(_KEY) == fingerprint:
        return PreparedManifest(reader.read(manifest))
    parse = command.model_copy(
        update={
            "verb": DbtVerb.PARSE,
            "select": (),
            "exclude": (),
            "selector": None,
            "full_refresh": False,
            "state_path": None,
            "defer": False,
            "favor_state": False,
            "arguments": (),
        }
    )
    events = tuple(runner.run(parse))
    if any(isinstance(event, InvocationFinished) and not event.is_success for event in events):
        return PreparedManifest(None, events)
    graph = reader.read(manifest)
    memory.keep(_KEY, fingerprint)
    return PreparedManifest(graph, events)


def _fingerprint(command: DbtCommand, files: DbtProjectFiles) -> str:
    variables = sorted(f"{key}={value!r}" for key, value in command.variables.items())
    parts = [files.fingerprint(command.project_dir), command.profile, command.target, *variables]
    return sha256("\n".join(parts).encode()).hexdigest()
