"""From what went wrong to a clear message and an exit code."""

import os
import signal
import traceback
from types import FrameType

import typer
from typer.exceptions import TyperException

from floe.domain.model.errors import (
    ConfigurationError,
    FloeError,
    LineageNotKeptError,
    NothingSelectedError,
)
from floe.domain.model.redaction import Redactor
from floe.entrypoints.narration import narrate

WELL = 0
NODE_FAILED = 1
BAD_INPUT = 2
NOT_READY = 3
NOTHING_SELECTED = 4
LINEAGE_NOT_KEPT = 5
BUG = 70
INTERRUPTED = 130


def guarded(app: typer.Typer) -> int:
    """Run *app* and return its exit code; no error escapes and no traceback is shown.

    A bug of floe's own says where it is; ``FLOE_DEBUG=1`` adds the traceback.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        result = app(standalone_mode=False)
    except typer.Exit as done:
        return done.exit_code
    except TyperException as error:
        # Without a command the help was shown already, and there is nothing to add.
        said = error.format_message().replace("Value error, ", "")
        if said:
            _tell(f"error: {said}\n  fix: see `floe --help`")
        return BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        _tell("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the edge of the entry point
        return _report(error)
    return result if isinstance(result, int) else WELL


def code_of(error: FloeError) -> int:
    """Return the exit code for *error*."""
    if isinstance(error, ConfigurationError):
        return BAD_INPUT
    if isinstance(error, NothingSelectedError):
        return NOTHING_SELECTED
    if isinstance(error, LineageNotKeptError):
        return LINEAGE_NOT_KEPT
    return NOT_READY


def _report(error: Exception) -> int:
    from floe.container.extras import lacking  # a text of help does not load the container

    known = error if isinstance(error, FloeError) else lacking(error)
    if known is None:
        return _report_bug(error)
    for problem in known.problems:
        _tell(f"error: {problem}")
    return code_of(known)


def _report_bug(error: Exception) -> int:
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name} ({frames[-1].lineno})" if frames else "an unknown place"
    _tell(f"error: this is a bug of floe's: {type(error).__name__} in {place}: {error}")
    if os.environ.get("FLOE_DEBUG"):
        _tell("".join(traceback.format_exception(error)))
    else:
        _tell("  fix: run again with FLOE_DEBUG=1 and report what it prints")
    return BUG


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(text: str) -> None:
    narrate(Redactor.of_environment(os.environ).text(text))
