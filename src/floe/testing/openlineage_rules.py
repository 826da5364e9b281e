"""What the OpenLineage specification (2-0-2) asks for beyond its JSON Schemas.

Functions take events as parsed JSON and return the breaches they find, so that a test can show
all of them at once.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import urlsplit

Event: TypeAlias = Mapping[str, Any]
ENDS = frozenset({"COMPLETE", "FAIL", "ABORT"})
_INPUT_ONLY = {"dataQualityAssertions", "dataQualityMetrics", "inputStatistics"}
_OUTPUT_ONLY = {"outputStatistics"}
_VERSIONED = re.compile(r"/\d+-\d+-\d+/")
_MUTABLE = re.compile(r"/(main|master|latest|HEAD)(/|$)")
_OFFICIAL = "https://openlineage.io/spec/"
_CUSTOM_KEY = re.compile(r"[a-z][A-Za-z0-9]*_[a-z][A-Za-z0-9]*")
_CONTRACT_KEYS = {"columnClassifications"}
"""Keys that floe's own contract fixes without a prefix."""


def breaches(events: Iterable[Event]) -> list[str]:
    """Return every breach in *events*, which are in the order of delivery."""
    listed = list(events)
    return [
        *run_cycle_breaches(listed),
        *(breach for event in listed for breach in event_breaches(event)),
    ]


def run_cycle_breaches(events: Iterable[Event]) -> Iterator[str]:
    """Yield runs that do not have exactly one START and then one end, under one job."""
    states: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        states[event["run"]["runId"]].append(event)
    for run_id, told in states.items():
        types = [event["eventType"] for event in told]
        if types.count("START") != 1 or types[0] != "START":
            yield f"{run_id}: not exactly one START at the beginning: {types}"
        if sum(kind in ENDS for kind in types) != 1 or types[-1] not in ENDS:
            yield f"{run_id}: not exactly one end, at the end: {types}"
        if len({(event["job"]["namespace"], event["job"]["name"]) for event in told}) > 1:
            yield f"{run_id}: more than one job"
        times = [datetime.fromisoformat(event["eventTime"]) for event in told]
        if times != sorted(times):
            yield f"{run_id}: time runs backwards"


def event_breaches(event: Event) -> Iterator[str]:
    """Yield what is wrong with one event: times, addresses, places and names of facets."""
    where = _where(event)
    if datetime.fromisoformat(event["eventTime"]).tzinfo is None:
        yield f"{where}: eventTime has no offset"
    if not _is_uri(event["producer"]):
        yield f"{where}: producer is no URI"
    if not event["schemaURL"].startswith(_OFFICIAL):
        yield f"{where}: schemaURL is not the official one"
    for place, key, facet in facets_of(event):
        for breach in _facet_breaches(place, key, facet, event):
            yield f"{where}: {place}.{key}: {breach}"


def facets_of(event: Event) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield place (``run``, ``job``, ``inputs``, ``inputFacets``, ...), key and facet."""
    for entity in ("run", "job", "dataset"):
        for key, facet in event.get(entity, {}).get("facets", {}).items():
            yield entity, key, facet
    for side in ("inputs", "outputs"):
        for dataset in event.get(side, ()):
            for place in ("facets", "inputFacets", "outputFacets"):
                for key, facet in dataset.get(place, {}).items():
                    yield side if place == "facets" else place, key, facet


def _facet_breaches(place: str, key: str, facet: Mapping[str, Any], event: Event) -> Iterator[str]:
    if not _is_uri(facet.get("_producer", "")):
        yield "_producer is no URI"
    url = facet.get("_schemaURL", "")
    if not _is_uri(url) or not _VERSIONED.search(url) or _MUTABLE.search(urlsplit(url).path):
        yield f"_schemaURL is not immutable: {url}"
    official = url.startswith(_OFFICIAL)
    if not official and key not in _CONTRACT_KEYS and not _CUSTOM_KEY.fullmatch(key):
        yield "a custom facet's key is {prefix}_{name}"
    if key in _INPUT_ONLY and place != "inputFacets":
        yield "belongs into inputFacets"
    if key in _OUTPUT_ONLY and place != "outputFacets":
        yield "belongs into outputFacets"
    if key in _INPUT_ONLY | _OUTPUT_ONLY and event.get("eventType") not in ENDS:
        yield "a result before the end"
    if key == "columnLineage":
        yield from _column_lineage_breaches(facet, event)


def _column_lineage_breaches(facet: Mapping[str, Any], event: Event) -> Iterator[str]:
    known = {(item["namespace"], item["name"]) for item in event.get("inputs", ())}
    fields = [field for entry in facet["fields"].values() for field in entry["inputFields"]]
    for field in [*fields, *facet.get("dataset", ())]:
        if (field["namespace"], field["name"]) not in known:
            yield f"{field['name']}.{field['field']} is of no input"
        if not field.get("transformations"):
            yield f"{field['name']}.{field['field']} has no transformation"


def _where(event: Event) -> str:
    entity = event.get("job") or event.get("dataset") or {}
    return f"{event.get('eventType', 'design')} {entity.get('name')}"


def _is_uri(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme and parts.netloc)
