"""The last will of a run: its START, which becomes its ABORT where nobody else has ended it."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from floe.adapters.openlineage.canonical import canonical, moment
from floe.adapters.openlineage.run_facets import error_facet
from floe.adapters.openlineage.serialization import facet_documents

_NO_ACCOUNT = "the process that ran this ended without an account of it"
_LASTING = {"nominalTime", "parent", "processing_engine"}


def ended(body: bytes, now: datetime) -> bytes:
    """Return the ABORT of the run that the event *body* began, with *now* as its time.

    Nobody knows when the process died; that its runs had ended by *now* is true. It says who,
    where and why; all the rest the START has said, and facets add up.
    """
    start = json.loads(body)
    end = {
        "producer": start["producer"],
        "schemaURL": start["schemaURL"],
        "eventType": "ABORT",
        "eventTime": moment(now),
        "run": {"runId": start["run"]["runId"], "facets": _facets(start)},
        "job": _name(start["job"]),
        "inputs": _names(start["inputs"]),
        "outputs": _names(start["outputs"]),
    }
    return canonical(end).encode()


def _facets(start: Mapping[str, Any]) -> dict[str, object]:
    said = start["run"].get("facets", {})
    error = error_facet(_NO_ACCOUNT, "SQL", start["producer"])
    return {**{key: said[key] for key in _LASTING & set(said)}, **facet_documents(error)}


def _name(entity: Mapping[str, object]) -> dict[str, object]:
    return {member: entity[member] for member in ("namespace", "name")}


def _names(datasets: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    return [_name(dataset) for dataset in datasets]
