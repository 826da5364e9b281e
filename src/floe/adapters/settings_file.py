"""The project's own settings: ``floe.settings.yaml`` beside its ``floe.yaml``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from floe.domain.model.errors import ConfigurationError, Problem

FILE_NAME = "floe.settings.yaml"


def read_settings(path: Path) -> Mapping[str, Any]:
    """Return what stands in the settings file at *path*; a missing file says nothing.

    Raises:
        ConfigurationError: The file cannot be read, is no YAML, or is no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem("the settings cannot be read", str(path), "write it as a UTF-8 file")
        raise ConfigurationError(problem) from error
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark is not None else ""
        fix = "correct the syntax there; indent with spaces, close what is opened"
        problem = Problem(f"the settings are no YAML{line}", str(path), fix)
        raise ConfigurationError(problem) from None
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ConfigurationError(
            Problem("the settings are no mapping", str(path), "write `lineage: {kind: file, ...}`")
        )
    return values
