"""What a test found, as a fact about the run and about the dataset that it tested."""

from typing import Any, NamedTuple

from openlineage.client.facet_v2 import data_quality_assertions_dataset, test_run
from openlineage.client.serde import Serde

from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.serialization import Document, facet, part
from floe.domain.model.lineage import LineageEventType
from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_event import NodeFinished, NodeStatus
from floe.domain.model.run_ledger import RunTransition

_PASSED = {NodeStatus.PASS, NodeStatus.SUCCESS}
_TOO_LONG = 1000
"""Characters of a test's parameter: unit tests carry whole tables in theirs."""


class _Finding(NamedTuple):
    """What a test found; *details* are fields that both facets have, by OpenLineage's names."""

    kind: str
    column: str | None
    passed: bool | None
    details: dict[str, Any]


def test_facet(transition: RunTransition, profile: EventProfile) -> Document | None:
    """Return the facet with the test that *transition* ends; None for anything else."""
    finding = _finding(transition, profile)
    if finding is None:
        return None
    status = {True: "pass", False: "fail", None: "skip"}[finding.passed]
    execution = part(status=status, type=finding.kind, **finding.details)
    return facet(test_run.TestRunFacet, profile.producer, tests=[execution])


def assertions_facet(transition: RunTransition, profile: EventProfile) -> Document | None:
    """Return what the test that *transition* ends says about its dataset.

    A test that was not executed says nothing, and nothing is known before the end.
    """
    finding = _finding(transition, profile)
    if finding is None or finding.passed is None:
        return None
    assertion = part(
        assertion=finding.kind, success=finding.passed, column=finding.column, **finding.details
    )
    kind = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet
    return facet(kind, profile.producer, assertions=[assertion])


def _finding(transition: RunTransition, profile: EventProfile) -> _Finding | None:
    node, finished = transition.node, transition.finished
    is_freshness = transition.resource_type == "source"
    if node is None or not (node.is_test or is_freshness) or not transition.state.is_end:
        return None
    passed = None if finished is None else _passed(transition.state, finished)
    failures = finished.failures if finished is not None else None
    content = _content(finished, profile)
    return _Finding(
        kind="freshness" if is_freshness else _kind(node),
        column=node.column_name,
        passed=passed,
        details={
            "name": node.name,
            "severity": node.severity or "error",
            "description": node.description or None,
            "expected": None if is_freshness or passed is None else _expected(node),
            "actual": None if failures is None else str(failures),
            "content": content,
            "contentType": "sql" if content else None,
            "params": _params(node),
        },
    )


def _passed(state: LineageEventType, finished: NodeFinished) -> bool | None:
    if state is LineageEventType.ABORT or finished.status is NodeStatus.SKIPPED:
        return None
    return finished.status in _PASSED


def _kind(node: DbtNode) -> str:
    if node.resource_type == "unit_test":
        return "unit_test"
    return node.test_name or "custom_sql"


def _expected(node: DbtNode) -> str | None:
    """Return the number of failing rows that is still well, or the condition on it."""
    if node.resource_type == "unit_test":
        return None
    condition = str(node.config.get("error_if") or "!= 0")
    return "0" if condition == "!= 0" else f"not {condition}"


def _content(finished: NodeFinished | None, profile: EventProfile) -> str | None:
    """Return the SQL that found something; that of a test that went well is with its job."""
    if finished is None or not finished.status.is_failure or not profile.capture_sql:
        return None
    return (finished.compiled_code or "").strip() or None


def _params(node: DbtNode) -> dict[str, object] | None:
    arguments = {
        key: value
        for key, value in node.test_arguments.items()
        if key not in {"model", "column_name"} and len(str(value)) <= _TOO_LONG
    }
    return Serde.to_dict(arguments) if arguments else None
