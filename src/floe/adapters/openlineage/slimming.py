"""Events that are larger than a backend takes: what they say less of, and in which order.

An event is never given up for its size. Who ran, when, under whom, how it ended, and which
datasets were read and made stays to the last; what was left out is named in a facet of its own.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from floe.adapters.openlineage.canonical import canonical

LARGEST_EVENT = 1_000_000
"""Bytes: a megabyte is what proxies and message brokers let pass unless they are told otherwise."""
_KEY = "floe_slimmed"
_SCHEMA = "https://floe.dev/spec/facets/1-0-0/FloeSlimmedRunFacet.json#/$defs/FloeSlimmedRunFacet"
_LONGEST_MESSAGE = 4000
"""Characters of an error."""
_LASTING = {"parent", "nominalTime", "processing_engine", "errorMessage", _KEY}
_Event: TypeAlias = dict[str, Any]
_Facets: TypeAlias = dict[str, Any]


def slimmed(body: bytes, limit: int) -> bytes:
    """Return the event *body*, saying less until it has at most *limit* bytes.

    The same body and limit give the same bytes. One that says only what it must may still be
    larger.
    """
    if len(body) <= limit:
        return body
    event: _Event = json.loads(body)
    left_out: list[str] = []
    for name, leave_out in _STEPS:
        if leave_out(event):
            left_out.append(name)
            _confess(event, left_out)
            body = canonical(event).encode()
        if len(body) <= limit:
            break
    return body


def _confess(event: _Event, left_out: list[str]) -> None:
    if "run" in event:
        signed = {"_producer": event["producer"], "_schemaURL": _SCHEMA}
        event["run"].setdefault("facets", {})[_KEY] = {**signed, "leftOut": left_out}


def _indirect_lineage(event: _Event) -> bool:
    found = False
    for facets in _facets_of(event, "outputs"):
        lineage = facets.get("columnLineage") or {}
        found |= lineage.pop("dataset", None) is not None
        for field in lineage.get("fields", {}).values():
            kept = [item for item in field["inputFields"] if _is_direct(item)]
            found |= len(kept) < len(field["inputFields"])
            field["inputFields"] = kept
    return found


def _is_direct(item: dict[str, Any]) -> bool:
    ways = item.get("transformations") or []
    return not ways or any(way.get("type") == "DIRECT" for way in ways)


def _sql(event: _Event) -> bool:
    found = _drop([event.get("job", {}).get("facets", {})], "sql")
    tests = event.get("run", {}).get("facets", {}).get("test", {}).get("tests", [])
    for dataset in event.get("inputs", ()):
        facet = dataset.get("inputFacets", {}).get("dataQualityAssertions", {})
        tests = [*tests, *facet.get("assertions", [])]
    for test in tests:
        for member in ("content", "contentType", "params"):
            found |= _drop([test], member)
    return found


def _column_lineage(event: _Event) -> bool:
    return _drop(_facets_of(event, "outputs"), "columnLineage")


def _facets_of_inputs(event: _Event) -> bool:
    return _drop(event.get("inputs", ()), "facets")


def _long_texts(event: _Event) -> bool:
    run, job = (event.get(entity, {}).get("facets", {}) for entity in ("run", "job"))
    error = run.get("errorMessage", {})
    found = _drop([error], "stackTrace")
    if len(error.get("message", "")) > _LONGEST_MESSAGE:
        error["message"] = error["message"][:_LONGEST_MESSAGE]
        found = True
    described = [job, *_facets_of(event, "outputs"), *_facets_of(event, "dataset")]
    return _drop(described, "documentation") or found


def _facets_of_outputs(event: _Event) -> bool:
    made = [*event.get("outputs", ()), *([event["dataset"]] if "dataset" in event else [])]
    return _drop(made, "facets")


def _all_other_facets(event: _Event) -> bool:
    run: _Facets = event.get("run", {}).get("facets", {})
    others = [key for key in run if key not in _LASTING]
    for key in others:
        del run[key]
    about_job = _drop([event.get("job", {})], "facets")
    about_inputs = _drop(event.get("inputs", ()), "inputFacets")
    about_outputs = _drop(event.get("outputs", ()), "outputFacets")
    return bool(others) or about_job or about_inputs or about_outputs


_STEPS: tuple[tuple[str, Callable[[_Event], bool]], ...] = (
    ("indirect column lineage", _indirect_lineage),
    ("sql", _sql),
    ("column lineage", _column_lineage),
    ("facets of inputs", _facets_of_inputs),
    ("long texts", _long_texts),
    ("facets of outputs", _facets_of_outputs),
    ("all other facets", _all_other_facets),
)


def _drop(items: Iterable[dict[str, Any]], member: str) -> bool:
    """Take *member* out of each of *items* and return whether any had something there."""
    return bool([item.pop(member) for item in items if item.get(member)])


def _facets_of(event: _Event, side: str) -> Iterator[_Facets]:
    found = event.get(side, ())
    for dataset in [found] if isinstance(found, dict) else found:
        yield dataset.get("facets", {})
