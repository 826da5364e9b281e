"""A ``DbtCommand`` as the words and the environment that dbt understands."""

import json
from collections.abc import Mapping

from floe.domain.model.run import DbtCommand

_NO_TELEMETRY = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    "DO_NOT_TRACK": "1",
}
_HEEDED_AT_START = (
    *("PYTHON", "LD_", "DYLD_", "LC_", "LANG", "TZ", "MALLOC_", "OMP_"),
    *("DBT_PACKAGE_HUB_URL", "DBT_REDSHIFT_CONNECTOR", "DBT_SNOWFLAKE_CONNECTOR", "DBT_SPARK_LOG"),
)
"""Prefixes of variables that a process heeds when it starts, or a library when it is imported."""


def arguments(command: DbtCommand) -> list[str]:
    """Return the words of *command*, the verb first, for dbt without a shell.

    Each value is one word with its option (``--select=...``), so that none can be read as an
    option of its own. What the verb does not understand is passed all the same: dbt refuses it.
    """
    words = [
        *command.verb.value.split(),
        f"--project-dir={command.project_dir}",
        f"--profiles-dir={command.profiles_dir}",
        f"--profile={command.profile}",
        f"--target={command.target}",
    ]
    if command.target_path is not None:
        words.append(f"--target-path={command.target_path}")
    if command.threads is not None:
        words.append(f"--threads={command.threads}")
    words += [f"--select={item}" for item in command.select]
    words += [f"--exclude={item}" for item in command.exclude]
    if command.selector is not None:
        words.append(f"--selector={command.selector}")
    if command.full_refresh:
        words.append("--full-refresh")
    if command.state_path is not None:
        words.append(f"--state={command.state_path}")
    if command.defer:
        words.append("--defer")
    if command.favor_state:
        words.append("--favor-state")
    if command.variables:
        words.append(f"--vars={json.dumps(dict(command.variables), sort_keys=True)}")
    return [*words, *command.arguments]


def log_options(command: DbtCommand) -> list[str]:
    """Return the options that keep dbt's log file beside what else it writes."""
    return [] if command.target_path is None else [f"--log-path={command.target_path}"]


def environment(command: DbtCommand, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return *inherited* with what *command* adds; dbt's own telemetry is off, always."""
    return {**inherited, **command.environment, **_NO_TELEMETRY}


def heeded_at_start(command: DbtCommand, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return those variables of *command* that a process cannot take on once it has started."""
    whole = environment(command, inherited)
    return {name: whole[name] for name in whole if name.startswith(_HEEDED_AT_START)}
