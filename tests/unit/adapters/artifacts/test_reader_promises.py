"""What every reader promises, whatever it is given to read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from floe.adapters.artifacts.reader import DocumentReader
from floe.domain.model.errors import ArtifactError, FloeError
from tests.unit.adapters.artifacts.documents import (
    ENVIRONMENT,
    MINIMAL,
    RESOLVED,
    SUCCESSOR,
    changed,
)

_CANARY = "c4nary"
_SETTINGS = settings(
    deadline=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_WHOLE: dict[str, Any] = {
    **MINIMAL,
    "compute": None,
    "resolved_profiles": RESOLVED,
    "environment_context": ENVIRONMENT,
    "governance": {"policies": {"a": 1}},
    "observability": {
        "lineage_endpoint": "http://lineage.example",
        "attributes": {"service.name": "shop"},
        "tracing": {"sampling": {"probability": 0.5}},
    },
    "orchestration": {
        "dbt": {"manifest_path": "m"},
        "jobs": {"all": {"selection": ["*"]}},
        "schedules": {"daily": {"job": "all", "cron_schedule": "0 0 * * *"}},
    },
    "column_classifications": {"m": {"c": {"classification": "pii"}}},
}
_TEXT = st.text(max_size=10).map(lambda text: text + _CANARY)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def _places(document: Any, steps: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: list[tuple[str | int, Any]] = []
    if isinstance(document, dict):
        inner = list(document.items())
    elif isinstance(document, list):
        inner = list(enumerate(document))
    return [
        place for key, item in inner for place in [(*steps, key), *_places(item, (*steps, key))]
    ]


def _mutated(document: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return documents in which one to three values are something else."""
    place = st.sampled_from(_places(document))
    changes = st.lists(st.tuples(place, _VALUES), min_size=1, max_size=3)
    return changes.map(lambda found: _apply(document, found))


def _apply(
    document: dict[str, Any], changes: list[tuple[tuple[str | int, ...], Any]]
) -> dict[str, Any]:
    for steps, value in changes:
        try:
            document = changed(document, *steps, to=value)
        except (TypeError, IndexError, AttributeError, KeyError):
            continue
    return document


def _check(path: Path) -> None:
    """Read *path*; a refusal names places and no values, and nothing else is ever raised."""
    refusal = _refusal(path)

    assert _CANARY not in str(refusal)
    assert all(problem.where for problem in refusal.problems)


def _refusal(path: Path) -> FloeError:
    try:
        DocumentReader().read(path)
    except ArtifactError as error:
        return error
    return FloeError()


@_SETTINGS
@given(document=_mutated(_WHOLE) | _mutated(MINIMAL) | _mutated(SUCCESSOR))
@example(changed(MINIMAL, "metadata", "compiled_at", to=1e300))
@example(changed(MINIMAL, "metadata", "compiled_at", to=10**400))
@example(changed(MINIMAL, "observability", "traces", to=10**30))
def test_a_document_that_is_a_little_wrong_is_read_or_refused_without_its_values(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    path = tmp_path / "compiled_artifacts.json"
    path.write_text(json.dumps(document), "utf-8")

    _check(path)


@_SETTINGS
@given(
    content=st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
)
@pytest.mark.parametrize("name", ["floe.yaml", "compiled_artifacts.json"])
def test_any_bytes_are_read_or_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    _check(path)


@_SETTINGS
@given(
    cut=st.integers(min_value=0, max_value=len(json.dumps(_WHOLE))),
    junk=st.sampled_from(["", "\0", "}", '"', "\ufeff", ",", "\\"]),
)
def test_a_document_that_was_cut_off_is_refused(tmp_path: Path, cut: int, junk: str) -> None:
    text = json.dumps(_WHOLE)[:cut] + junk
    path = tmp_path / "compiled_artifacts.json"
    path.write_text(text, "utf-8")

    assume(text != json.dumps(_WHOLE))
    with pytest.raises(ArtifactError):
        DocumentReader().read(path)


_YAML = """\
name: tides
version: "1.0.0"
compute:
  target: duckdb
  properties: {path: tides.duckdb}
transforms:
  - type: dbt
    path: ./dbt
observability:
  attributes:
    service.name: tides
"""
_SCALARS = [
    "no",
    "1.0",
    "~",
    "[a]",
    "{a: b}",
    "'",
    '"x',
    "*a",
    "&a b",
    "!!str x",
    "- a",
    "|",
    "? x",
]


@_SETTINGS
@given(
    line=st.integers(0, _YAML.count("\n") - 1),
    scalar=st.sampled_from(_SCALARS) | st.text(max_size=10),
    how=st.sampled_from(
        [
            lambda old, new: old.split(":")[0] + ": " + new,
            lambda old, new: new + old,
            lambda old, new: old + new,
        ]
    ),
)
def test_a_floe_yaml_that_is_a_little_wrong_is_read_or_refused(
    tmp_path: Path, line: int, scalar: str, how: Callable[[str, str], str]
) -> None:
    lines = _YAML.splitlines()
    lines[line] = how(lines[line], scalar)
    path = tmp_path / "floe.yaml"
    path.write_bytes("\n".join(lines).encode("utf-8", "replace"))

    _check(path)
