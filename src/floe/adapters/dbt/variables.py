"""dbt's variables as people write them on a command line."""

import json
from collections.abc import Mapping

import yaml

from floe.domain.model.errors import ConfigurationError, Problem


def read_variables(text: str) -> Mapping[str, object]:
    """Return the variables that *text* names: a mapping in YAML, of which JSON is a part.

    Raises:
        ConfigurationError: It is no such mapping.
    """
    try:
        found = yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ConfigurationError(
            Problem("this is not a mapping in YAML", "--vars", "--vars '{name: value}'")
        )
    # A date is text to dbt's Jinja once it is rendered, and dbt is told in JSON.
    plain: dict[str, object] = json.loads(json.dumps(found, default=str))
    return plain
