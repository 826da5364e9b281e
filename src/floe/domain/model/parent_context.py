"""The runs above this one, as other OpenLineage producers hand them down in the environment.

``OPENLINEAGE_CONTEXT`` is JSON: ``{"parent": {"run": {"runId"}, "job": {"namespace", "name"},
"root": {...}}}``. ``OPENLINEAGE_PARENT_ID`` and ``OPENLINEAGE_ROOT_PARENT_ID`` are
``{namespace}/{job name}/{run id}``; the job name is quoted for URLs where it holds a slash.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from floe.domain.model.run import RunReference

_PARTS = 3


class ParentContext(NamedTuple):
    """The run directly above and the one at the top; *warning* names what was not understood."""

    parent: RunReference | None = None
    root: RunReference | None = None
    warning: str | None = None


def parent_context(environ: Mapping[str, str]) -> ParentContext:
    """Return the runs that *environ* names; what is malformed is left out, with one warning.

    The JSON context is preferred. Without a root of its own, the parent is the root.
    """
    ignored: list[str] = []
    parent, root = _from_context(environ.get("OPENLINEAGE_CONTEXT", "").strip(), ignored)
    if parent is None:
        parent = _from_id("OPENLINEAGE_PARENT_ID", environ, ignored)
        root = _from_id("OPENLINEAGE_ROOT_PARENT_ID", environ, ignored)
    warning = f"ignored, because malformed: {', '.join(ignored)}" if ignored else None
    return ParentContext(parent, root or parent, warning)


def _from_context(text: str, ignored: list[str]) -> tuple[RunReference | None, RunReference | None]:
    if not text:
        return None, None
    try:
        above = json.loads(text)["parent"]
        root = above.get("root")
        return _reference(above), _reference(root) if root else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        ignored.append("OPENLINEAGE_CONTEXT")
        return None, None


def _reference(run: Mapping[str, Mapping[str, str]]) -> RunReference:
    job = run["job"]
    return _named(job["namespace"], job["name"], run["run"]["runId"])


def _from_id(name: str, environ: Mapping[str, str], ignored: list[str]) -> RunReference | None:
    """Read ``{namespace}/{job}/{run id}``; a namespace may hold slashes, as URIs do."""
    text = environ.get(name, "").strip()
    if not text:
        return None
    parts = text.rsplit("/", _PARTS - 1)
    try:
        namespace, job, run_id = parts
        return _named(namespace, unquote(job), run_id)
    except ValueError:
        ignored.append(name)
        return None


def _named(namespace: str, job: str, run_id: str) -> RunReference:
    if not namespace or not job:
        msg = "a job has a namespace and a name"
        raise ValueError(msg)
    return RunReference(run_id=run_id, job_namespace=namespace, job_name=job)
