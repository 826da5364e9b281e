"""What floe says to a person, or where that was asked for, to whoever gathers log lines."""

import logging
import sys
from collections.abc import Mapping

_LOG = logging.getLogger("floe.cli")
_LEVELS: Mapping[str, int] = {"error: ": logging.ERROR, "warning: ": logging.WARNING}
_STATE = {"is_json": False}


def narrate_as_json(level: str = "info") -> None:
    """Say everything as JSON lines from here on: this process is floe's own."""
    from floe.container import log_as_json

    log_as_json(level)
    _STATE["is_json"] = True


def narrate(text: str) -> None:
    """Say *text*, which may begin with ``error:`` or ``warning:``, on standard error."""
    if not _STATE["is_json"]:
        print(text, file=sys.stderr)  # noqa: T201
        return
    prefix = next((prefix for prefix in _LEVELS if text.startswith(prefix)), "")
    _LOG.log(_LEVELS.get(prefix, logging.INFO), "%s", text.removeprefix(prefix))
