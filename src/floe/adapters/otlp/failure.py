"""What went wrong, in words that are the same for the same trouble: a type and a description."""

import re

from floe.domain.model.node_event import NodeStatus
from floe.domain.model.run_ledger import RunTransition

LONGEST_DESCRIPTION = 2000
"""Characters; a description is for people, and backends cut long ones anyway."""
INTERRUPTED = "interrupted"
OTHER = "_OTHER"
"""The value of ``error.type`` for what has no name of its own (semantic conventions 1.44)."""
_DBT_ERRORS = {
    "compilation": "dbt.compilation_error",
    "database": "dbt.database_error",
    "dependency": "dbt.dependency_error",
    "parsing": "dbt.parsing_error",
    "runtime": "dbt.runtime_error",
    "timeout": "timeout",
    "validation": "dbt.validation_error",
}
_DBT_ERROR = re.compile(r"\b(" + "|".join(_DBT_ERRORS) + r") error\b", re.IGNORECASE)
_BY_STATUS = {
    NodeStatus.FAIL: "dbt.test_failure",
    NodeStatus.PARTIAL_SUCCESS: "dbt.partial_success",
    NodeStatus.RUNTIME_ERROR: "dbt.runtime_error",
}
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_QUOTED_COMMENT = re.compile(r"(?:^LINE \d+: ?)?/\*[^\n]*(?:\n[ \t]*\^[ \t]*$)?", re.MULTILINE)
_LOOSE_CARET = re.compile(r"^LINE \d+:[ \t]*(?:\n[ \t]*\^[ \t]*)?$", re.MULTILINE)
_BLANK_LINES = re.compile(r"[ \t]*\n\s*")


def error_type(transition: RunTransition) -> str:
    """Return a name of low cardinality for what ended *transition*, which was not a success."""
    finished = transition.finished
    if finished is not None and finished.status in _BY_STATUS:
        return _BY_STATUS[finished.status]
    if finished is None and transition.message and "interrupt" in transition.message:
        return INTERRUPTED
    return error_type_of(transition.message)


def error_type_of(message: str | None) -> str:
    """Return the name of the kind of error that dbt's *message* begins with."""
    found = _DBT_ERROR.search(_COLOUR.sub("", message or ""))
    return _DBT_ERRORS[found.group(1).lower()] if found else OTHER


def description(message: str | None) -> str:
    """Return *message* without what changes from run to run: colours and SQL comments.

    Databases quote the line of the error, and that may be the comment with this run's trace id.
    """
    text = _COLOUR.sub("", message or "")
    text = _COMMENT.sub("", text)
    text = _QUOTED_COMMENT.sub("", text)
    text = _LOOSE_CARET.sub("", text)
    text = _BLANK_LINES.sub("\n", text).strip()
    return text if len(text) <= LONGEST_DESCRIPTION else text[: LONGEST_DESCRIPTION - 1] + "…"
