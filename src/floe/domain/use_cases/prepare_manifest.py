"""Have dbt's manifest ready before anybody asks what is in the project."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import DbtEvent, InvocationFinished
from floe.domain.model.profile import Profile
from floe.domain.model.run import DbtCommand, DbtVerb
from floe.ports.dbt_project import DbtProjectFiles
from floe.ports.dbt_runner import DbtRunner
from floe.ports.manifest_reader import ManifestReader
from floe.ports.memory import Memory

_KEY = "manifest.fingerprint"
_NAMED = "manifest.variables"
_DBTS_SECRETS = "DBT_ENV_SECRET_"


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
    profile: Profile,
    environ: Mapping[str, str],
) -> PreparedManifest:
    """Return the graph of *manifest*, written again by ``dbt parse`` when the project changed.

    What it is made of is the project's files, the command, *profile*, and the variables in
    *environ* that the files and the profile name.

    Only the graph comes from here: dbt itself decides afresh in every run what SQL there is.

    Raises:
        ArtifactError: dbt wrote a manifest that floe does not know.
        EnvironmentNotReadyError: dbt or the adapter package is not installed.
    """
    digest, named = files.fingerprint(command.project_dir), memory.recall(_NAMED) or ""
    last = memory.recall(_KEY)
    if files.exists(manifest) and last == _fingerprint(digest, named, command, profile, environ):
        return PreparedManifest(reader.read(manifest))
    named = "\n".join(sorted(files.variables_of_environment(command.project_dir)))
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
    memory.keep(_NAMED, named)
    memory.keep(_KEY, _fingerprint(digest, named, command, profile, environ))
    return PreparedManifest(graph, events)


def _fingerprint(
    digest: str, named: str, command: DbtCommand, profile: Profile, environ: Mapping[str, str]
) -> str:
    """Return what the manifest was made of; no secret goes into it, and none into a manifest."""
    variables = sorted(f"{key}={value!r}" for key, value in command.variables.items())
    said = {**environ, **command.environment}
    secrets = {var.name for var in profile.env_vars if var.secret}
    names = {*named.split(), *(var.name for var in profile.env_vars)} - secrets
    asked = sorted(
        f"{name}={said.get(name)!r}" for name in names if not name.startswith(_DBTS_SECRETS)
    )
    outputs = profile.model_dump_json(include={"outputs"})
    parts = [digest, command.profile, command.target, outputs, *variables, *asked]
    return sha256("\n".join(parts).encode()).hexdigest()
