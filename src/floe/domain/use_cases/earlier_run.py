"""Lean on what an earlier run left behind: run again what failed in it, compare, or defer."""

from collections.abc import Mapping
from pathlib import Path

from floe.domain.model.errors import ConfigurationError, Problem
from floe.domain.model.run import DbtCommand, DbtVerb, RunRequest
from floe.domain.model.settings import Deferral
from floe.ports.dbt_project import DbtProjectFiles

_STATE_VARIABLES = ("DBT_STATE", "DBT_DEFER_STATE")
"""Where dbt itself looks for a state, unless an option names one."""


def with_state(
    command: DbtCommand,
    request: RunRequest,
    *,
    settings: Deferral | None,
    root: Path,
    environ: Mapping[str, str],
    files: DbtProjectFiles,
) -> DbtCommand:
    """Return *command* with the state that *request* names, or else the *settings*.

    A state of the settings without a manifest is passed over: the other environment may not have
    been built yet. Relative paths of the settings start at *root*.

    Raises:
        ConfigurationError: A state that was asked for has no manifest, or there is none to defer
            to.
    """
    state, defer, favor = request.state_path, request.defer, request.favor_state
    if state is not None:
        _require_manifest(state, files)
    elif settings is not None and files.exists(root / settings.state_path / "manifest.json"):
        state = root / settings.state_path
        defer = settings.enabled if defer is None else defer
        favor = settings.favor_state if favor is None else favor
    elif defer and not any(environ.get(name) for name in _STATE_VARIABLES):
        raise ConfigurationError(
            Problem(
                "there is no state to defer to",
                "--defer",
                "add --state DIR or set defer.state_path",
            )
        )
    return command.model_copy(
        update={"state_path": state, "defer": bool(defer), "favor_state": bool(favor)}
    )


def retry_of(command: DbtCommand, *, files: DbtProjectFiles) -> DbtCommand:
    """Return *command* as dbt's retry of the last run, with that one's variables under its own.

    Raises:
        ConfigurationError: No run left its results, or the last one ran no node.
    """
    directory = command.state_path or command.target_path or command.project_dir / "target"
    last, where = files.last_run(directory), str(directory / "run_results.json")
    if last is None:
        raise ConfigurationError(Problem("there is no earlier run to retry", where, "floe run"))
    if last.nodes == 0:
        what = "the last run ran no node, and took the place of what a run before it left to retry"
        raise ConfigurationError(Problem(what, where, "floe run, with a selection that matches"))
    return command.model_copy(
        update={"verb": DbtVerb.RETRY, "variables": {**last.variables, **command.variables}}
    )


def _require_manifest(directory: Path, files: DbtProjectFiles) -> None:
    manifest = directory / "manifest.json"
    if not files.exists(manifest):
        raise ConfigurationError(
            Problem(
                "there is no dbt manifest to compare with or to defer to",
                str(manifest),
                "copy the target directory of the other environment there",
            )
        )
