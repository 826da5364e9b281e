"""The documents of the contract's owners, read where they stand beside the repository.

What each schema of theirs says of a section that floe reads is turned into documents too: each
rule of it broken once, and each bound of it just met.
"""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from floe.adapters.artifacts.compiler import DocumentWriter
from floe.adapters.artifacts.reader import DocumentReader
from floe.adapters.dbt.project_files import DiskProjectFiles
from floe.domain.model.errors import ArtifactError
from floe.domain.model.pipeline import Dialect, Pipeline
from floe.domain.model.plan import PlanOptions
from floe.domain.use_cases.compile import compile_pipeline
from floe.domain.use_cases.plan import plan
from tests.unit.adapters.artifacts.test_compiler import PIPELINES

_CONTRACT = (Path(__file__).parents[2] / "../shared/contract").resolve()
_NEWEST = _CONTRACT / "schemas/model-exported/compiled-artifacts.v1.1.0-J.21c3a7f.schema.json"
pytestmark = pytest.mark.skipif(
    not _CONTRACT.is_dir(), reason="the contract's own documents are not beside the repository"
)


def _documents(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in _CONTRACT.glob(pattern))


def _name(path: Path) -> str:
    return path.name


_VALID = _documents(
    "golden/*/*.json",
    "generated/valid/*.json",
    "generated/lax-valid/*.json",
    "generated/successor/*.json",
    "floe-yaml/valid/*.yaml",
)


def test_there_are_documents_to_read() -> None:
    assert len(_VALID) >= 68


@pytest.mark.parametrize("path", _VALID, ids=_name)
def test_every_valid_document_is_read_twice_alike(path: Path) -> None:
    pipeline = DocumentReader().read(path)

    assert pipeline == DocumentReader().read(path)
    assert pipeline.name


@pytest.mark.parametrize("path", _VALID, ids=_name)
def test_every_valid_document_can_be_planned(path: Path, tmp_path: Path) -> None:
    made = plan(
        DocumentReader().read(path),
        PlanOptions(project_root=tmp_path),
        project_files=DiskProjectFiles(),
        environ={},
        working_dir=tmp_path,
    )

    assert made.profiles_dir.is_absolute()
    assert made.profile.target_name


@pytest.mark.parametrize("path", _documents("generated/valid/*.json"), ids=_name)
def test_only_a_document_without_a_target_has_none(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    resolved = (document.get("resolved_profiles") or {}).get("compute")
    compute = DocumentReader().read(path).compute

    if resolved is not None:
        assert compute is not None
        assert compute.target == resolved.get("type", "duckdb")
        assert compute.properties == resolved.get("properties", {})
    elif document.get("compute") is not None:
        assert compute is not None
        assert compute.target == document["compute"]["target"]
    else:
        assert compute is None


@cache
def _invalid() -> list[tuple[Path, bool]]:
    folder = _CONTRACT / "generated/invalid"
    if not folder.is_dir():
        return []
    cases = json.loads((folder / "INDEX.json").read_text("utf-8"))["cases"]
    return [(folder / case["file"], case["must_reject"]) for case in cases]


@pytest.mark.parametrize("path", [path for path, reject in _invalid() if reject], ids=_name)
def test_every_invalid_document_is_refused_in_one_message_with_a_path(path: Path) -> None:
    with pytest.raises(ArtifactError) as refused:
        DocumentReader().read(path)

    assert all(f"{path}: $" in problem.where for problem in refused.value.problems)


@pytest.mark.parametrize("path", [path for path, reject in _invalid() if not reject], ids=_name)
def test_a_document_that_differs_in_ignored_keys_only_is_read(path: Path) -> None:
    assert DocumentReader().read(path).dialect is Dialect.COMPILED_ARTIFACTS


@pytest.mark.parametrize("path", _documents("floe-yaml/invalid/*.yaml"), ids=_name)
def test_every_invalid_floe_yaml_is_refused(path: Path) -> None:
    with pytest.raises(ArtifactError) as refused:
        DocumentReader().read(path)

    places = " ".join(problem.where for problem in refused.value.problems)
    assert "$.version" in places
    assert "$.compute" in places
    assert "$.transforms[0].type" in places


# the newest schema, rule by rule


class _Case(NamedTuple):
    what: str
    steps: tuple[str | int, ...]
    value: Any
    accepted: bool


_GONE = object()
_BROKEN_TEXT = {"minLength": "", "pattern": "!! \n", "uuid": "0000", "date-time": "yesterday"}
_NOT_READ = frozenset({"consumption", "catalog", "resolved_layers"})
_ORCHESTRATION_NOT_READ = frozenset(
    {"asset_modules", "partitions", "assets", "jobs", "schedules", "sensors", "backfills"}
)
_WRONG: dict[str, tuple[Any, ...]] = {
    "string": (1, 1.5, True, None, [], {}),
    "boolean": ("perhaps", "", 2, 0.5, None, [], {}),
    "integer": ("many", "", 1.5, None, [], {}),
    "number": ("many", "", None, [], {}),
    "object": ("text", 1, True, None, []),
    "array": ("text", 1, True, None, {}),
}


def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(_NEWEST.read_text("utf-8"))
    return schema


def _cases() -> list[_Case]:
    if not _CONTRACT.is_dir():
        return []
    schema = _schema()
    return list(_of_object(schema, schema, ()))


def _of_object(
    rule: dict[str, Any], schema: dict[str, Any], steps: tuple[str | int, ...]
) -> Iterator[_Case]:
    required = [name for name in rule.get("required", ()) if name not in {"storage", "catalog"}]
    if rule.get("additionalProperties") is False:
        yield _Case("an unknown key", (*steps, "unknown_key"), 1, accepted=False)
    for name in required:
        yield _Case("a required key is missing", (*steps, name), _GONE, accepted=False)
    for name, inner in rule.get("properties", {}).items():
        if _is_read((*steps, name)):
            yield from _of_value(inner, schema, (*steps, name))


def _is_read(steps: tuple[str | int, ...]) -> bool:
    if steps[0] in _NOT_READ:
        return False
    if steps[0] == "orchestration":
        return len(steps) == 1 or steps[1] not in _ORCHESTRATION_NOT_READ
    return steps[:1] != ("resolved_profiles",) or steps[1:2] not in (("storage",), ("catalog",))


def _of_value(
    rule: dict[str, Any], schema: dict[str, Any], steps: tuple[str | int, ...]
) -> Iterator[_Case]:
    choices = [_resolved(choice, schema) for choice in rule.get("anyOf", [rule])]
    nullable = any(choice.get("type") == "null" for choice in choices)
    choices = [choice for choice in choices if choice.get("type") != "null"]
    if nullable:
        yield _Case("null where it may be", steps, None, accepted=True)
    kinds = {choice["type"] for choice in choices}
    is_time = choices[0].get("format") == "date-time"
    for wrong in _WRONG[choices[0]["type"]]:
        taken = (wrong is None and nullable) or (isinstance(wrong, dict) and "object" in kinds)
        taken |= is_time and type(wrong) in {int, float}
        if not taken:
            yield _Case(f"{type(wrong).__name__} in its place", steps, wrong, accepted=False)
    for choice in choices:
        yield from _of_choice(choice, schema, steps)


def _of_choice(
    rule: dict[str, Any], schema: dict[str, Any], steps: tuple[str | int, ...]
) -> Iterator[_Case]:
    for allowed in rule.get("enum", [rule["const"]] if "const" in rule else []):
        yield _Case("an allowed value", steps, allowed, accepted=True)
        yield _Case("an allowed value in other letters", steps, _swapped(allowed), accepted=False)
        yield _Case("an allowed value and a newline", steps, f"{allowed}\n", accepted=False)
    for key, beyond in (("minimum", -1), ("maximum", 1)):
        if key in rule:
            yield _Case(f"its {key}", steps, rule[key], accepted=True)
            yield _Case(f"beyond its {key}", steps, rule[key] + beyond, accepted=False)
    for key, value in _BROKEN_TEXT.items():
        if rule.get(key) or rule.get("format") == key:
            yield _Case(f"against its {key}", steps, value, accepted=False)
    if rule.get("type") == "array" and "items" in rule:
        yield from _of_value(_resolved(rule["items"], schema), schema, (*steps, 0))
    if isinstance(rule.get("additionalProperties"), dict):
        inner = _resolved(rule["additionalProperties"], schema)
        yield from _of_value(inner, schema, (*steps, "some_key"))
    if "properties" in rule:
        yield from _of_object(rule, schema, steps)


def _resolved(rule: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = rule.get("$ref")
    return schema["$defs"][reference.rsplit("/", 1)[1]] if reference else rule


def _swapped(text: str) -> str:
    return text.swapcase()


_FULL: dict[str, Any] = {
    "version": "1.1.0",
    "metadata": {
        "compiled_at": "2026-02-03T04:05:06Z",
        "floe_core_version": "0.1.0",
        "source_hash": "abc",
    },
    "transforms": [{"type": "dbt", "path": "./dbt"}],
    "compute": None,
    "resolved_profiles": {
        "storage": {"bucket": "lake"},
        "catalog": {"uri": "u", "warehouse": "w"},
        "compute": {"type": "duckdb", "credentials": {}},
    },
    "environment_context": {
        "tenant_id": "00000000-0000-0000-0000-00000000000a",
        "tenant_slug": "acme",
        "project_id": "00000000-0000-0000-0000-00000000000b",
        "project_slug": "shop",
        "environment_id": "00000000-0000-0000-0000-00000000000c",
        "environment_type": "staging",
        "governance_category": "production",
    },
    "orchestration": {"dbt": {"manifest_path": "m"}},
    "column_classifications": {"some_key": {"some_key": {"classification": "pii"}}},
    "observability": {
        "metrics_config": {"alerting": {"rules": {"some_key": {"notify": ["x"]}}}},
    },
}


def _document(case: _Case) -> dict[str, Any]:
    """Return a whole document in which the rule of *case* is the only thing that is at stake."""
    document = copy.deepcopy(_FULL)
    if case.steps[:1] == ("compute",):
        document["compute"] = {"target": "duckdb"}
        document["resolved_profiles"] = None
    if case.steps == ("compute", "target") and case.accepted:
        document["resolved_profiles"] = None
    if case.steps[-1] == "mode" and case.accepted:
        document["resolved_profiles"]["compute"]["credentials"] = {
            "client_id": "svc",
            "client_secret": {"secret_ref": "s"},
            "role_arn": "arn:aws:iam::123456789012:role/x",
        }
    place: Any = document
    for step, following in zip(case.steps, case.steps[1:], strict=False):
        if isinstance(place, dict) and not isinstance(place.get(step), dict | list):
            place[step] = [] if following == 0 else {}
        if place == [] and step == 0:
            place.append({})
        place = place[step]
    last = case.steps[-1]
    if case.value is _GONE:
        place.pop(last, None)
    elif isinstance(place, list):
        place[:] = [case.value]
    else:
        place[last] = case.value
    return document


@pytest.mark.parametrize("accepted", [True, False])
def test_every_rule_of_the_newest_schema_is_kept(tmp_path: Path, *, accepted: bool) -> None:
    reader, path = DocumentReader(), tmp_path / "compiled_artifacts.json"
    wrong: list[str] = []
    cases = [case for case in _cases() if case.accepted is accepted]
    for case in cases:
        path.write_text(json.dumps(_document(case)), "utf-8")
        try:
            reader.read(path)
            taken = True
        except ArtifactError:
            taken = False
        if taken is not accepted:
            wrong.append(f"{case.steps}: {case.what}")

    assert wrong == []
    assert len(cases) > 50


def test_the_cases_are_what_the_schema_says() -> None:
    validator = Draft202012Validator(_schema())
    wrong = [
        f"{case.steps}: {case.what}"
        for case in _cases()
        if validator.is_valid(_document(case)) is not case.accepted
        and case.what not in {"against its uuid", "against its date-time"}
    ]

    assert wrong == []


# what floe compiles


@pytest.mark.parametrize("path", _documents("floe-yaml/valid/inline*.yaml"), ids=_name)
def test_what_floe_compiles_is_valid_by_the_newest_schema(path: Path, tmp_path: Path) -> None:
    compiled = compile_pipeline(
        DocumentReader().read(path),
        writer=DocumentWriter(),
        now=datetime(2026, 1, 2, tzinfo=UTC),
        output=tmp_path / "compiled_artifacts.json",
    )

    Draft202012Validator(_schema()).validate(json.loads(compiled.read_text("utf-8")))


@pytest.mark.parametrize("path", _documents("generated/valid/*.json"), ids=_name)
def test_every_valid_document_written_again_is_valid_by_the_newest_schema(path: Path) -> None:
    text = DocumentWriter().render(DocumentReader().read(path))

    Draft202012Validator(_schema()).validate(json.loads(text))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(pipeline=PIPELINES)
def test_whatever_floe_writes_is_valid_by_the_newest_schema(pipeline: Pipeline) -> None:
    Draft202012Validator(_schema()).validate(json.loads(DocumentWriter().render(pipeline)))
