"""From what dbt says to what Dagster shows, one event at a time."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    AssetSpec,
    Output,
)
from dagster_dbt import DbtCliEventMessage
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from floe.adapters.dagster.columns import column_metadata
from floe.adapters.dagster.links import run_links
from floe.adapters.dagster.manifest import Props, is_asset, resource
from floe.adapters.dagster.selection import Selected
from floe.adapters.dagster.services import Services
from floe.adapters.dagster.translator import FloeTranslator
from floe.domain.model.manifest import TESTS
from floe.domain.model.node_event import NodeFinished, NodeStatus
from floe.domain.model.run import RunContext

DagsterEvent: TypeAlias = Output[None] | AssetMaterialization | AssetObservation | AssetCheckResult
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_BUILT = {NodeStatus.SUCCESS, NodeStatus.NO_OP, NodeStatus.WARN, NodeStatus.PASS}


def plain(text: str) -> str:
    """Return *text* without terminal colours."""
    return _ANSI.sub("", text).strip()


class ResultMapper:
    """Tells Dagster about the nodes of one dbt invocation.

    dagster-dbt's own mapping decides what a result event means; what it does not know of (unit
    tests, failures, skips) becomes a check result or an observation at the node.
    """

    def __init__(
        self,
        services: Services,
        translator: FloeTranslator,
        context: RunContext,
        selected: Selected,
        checks: Mapping[str, AssetCheckKey],
    ) -> None:
        self._services = services
        self._translator = translator
        self._context = context
        self._selected = selected
        self._checks = checks
        self._unwell: dict[str, NodeFinished] = {}

    def events_of(self, event: NodeFinished) -> Iterator[DagsterEvent]:
        """Yield what Dagster is to know of *event*."""
        if event.status not in _BUILT:
            self._unwell[event.unique_id] = event
        props = resource(self._services.manifest, event.unique_id)
        if props is None:
            return
        check = self._checks.get(event.unique_id)
        knows = check is not None or is_asset(props)
        metadata = {
            **(self._default_metadata(event) if knows else {"unique_id": event.unique_id}),
            **self._own_metadata(event),
        }
        if check is not None and event.status is not NodeStatus.SKIPPED:
            yield from self._check(event, check, metadata)
        elif is_asset(props):
            yield from self._asset(event, props, metadata)
        elif event.resource_type in TESTS and event.status is not NodeStatus.SKIPPED:
            yield from self._observations(event, props, metadata)

    def _asset(
        self, event: NodeFinished, props: Props, metadata: Mapping[str, Any]
    ) -> Iterator[DagsterEvent]:
        key = self._key(event.unique_id)
        if event.status not in _BUILT:
            text = self._why_skipped(props) if _is_skip(event) else _headline(event)
            yield AssetObservation(asset_key=key, description=text, metadata=metadata)
            return
        found = {**metadata, **self._columns(event), **_row_count(event, props)}
        if key in self._selected.assets:
            yield Output(value=None, output_name=key.to_python_identifier(), metadata=found)
        else:
            yield AssetMaterialization(asset_key=key, metadata=found)

    def _check(
        self, event: NodeFinished, key: AssetCheckKey, metadata: Mapping[str, Any]
    ) -> Iterator[DagsterEvent]:
        passed = event.status in {NodeStatus.PASS, NodeStatus.SUCCESS}
        is_warning = event.status is NodeStatus.WARN
        if key not in self._selected.checks:
            yield AssetObservation(
                asset_key=key.asset_key,
                description=f"{key.name}: {_headline(event)}",
                metadata=metadata,
            )
            return
        yield AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=passed,
            severity=AssetCheckSeverity.WARN if is_warning else AssetCheckSeverity.ERROR,
            description=None if passed else _headline(event),
            metadata=metadata,
        )

    def _observations(
        self, event: NodeFinished, props: Props, metadata: Mapping[str, Any]
    ) -> Iterator[DagsterEvent]:
        """Yield an observation at each asset that a test without a check of its own is about."""
        for parent_id in props.get("depends_on", {}).get("nodes") or ():
            parent = resource(self._services.manifest, parent_id)
            if parent is not None and (is_asset(parent) or parent["resource_type"] == "source"):
                yield AssetObservation(
                    asset_key=self._key(parent_id),
                    description=f"{props['name']}: {_headline(event)}",
                    metadata=metadata,
                )

    def _why_skipped(self, props: Props) -> str:
        """Return what stood in the way of the node: its parents, or a test before it."""
        parents = props.get("depends_on", {}).get("nodes") or ()
        causes = [
            f"{parent} {'was skipped' if _is_skip(event) else 'failed'}"
            for parent in parents
            if (event := self._unwell.get(parent)) is not None
        ]
        return f"dbt skipped: {', '.join(causes) or 'a test before it failed'}"

    def _key(self, unique_id: str) -> AssetKey:
        return self._spec(unique_id).key

    def _spec(self, unique_id: str) -> AssetSpec:
        return self._translator.get_asset_spec(self._services.manifest, unique_id, None)

    def _default_metadata(self, event: NodeFinished) -> dict[str, Any]:
        """Return the metadata that dagster-dbt gives to this result."""
        raw = dict(event.raw or {})
        if not {"info", "data"} <= raw.keys() or "node_info" not in raw["data"]:
            return {"unique_id": event.unique_id}
        message: DbtCliEventMessage = DbtCoreCliEventMessage(
            raw_event=raw, event_history_metadata={}
        )
        for told in message.to_default_asset_events(
            self._services.manifest, self._translator, context=None
        ):
            if isinstance(told, AssetMaterialization | AssetCheckEvaluation):
                return dict(told.metadata)
        return {"unique_id": event.unique_id}

    def _own_metadata(self, event: NodeFinished) -> dict[str, Any]:
        context = self._context
        facts: dict[str, Any] = {
            "status": str(event.status),
            "Execution Duration": event.execution_time_s,
            "floe/run_id": context.node_run_id(event.unique_id),
            "floe/trace_id": context.trace_id,
            "floe/span_id": context.node_span_id(event.unique_id),
            "floe/rows_affected": event.rows_affected,
            "floe/failures": event.failures,
            "floe/message": _telling(event),
            **run_links(self._services.links, context, event.unique_id),
        }
        return {key: value for key, value in facts.items() if value is not None}

    def _columns(self, event: NodeFinished) -> dict[str, Any]:
        find = self._services.columns
        known = find(event) if find is not None else None
        if known is None:
            return {}
        return column_metadata(known, self._spec(event.unique_id), self._known_key)

    def _known_key(self, unique_id: str) -> AssetKey | None:
        known = resource(self._services.manifest, unique_id) is not None
        return self._key(unique_id) if known else None


def _row_count(event: NodeFinished, props: Props) -> dict[str, int]:
    """Return the rows of the relation: what was affected is all of it when it was made anew."""
    kind = event.materialization or props.get("config", {}).get("materialized")
    if event.rows_affected is None or kind not in {"table", "seed"}:
        return {}
    return {"dagster/row_count": event.rows_affected}


def _is_skip(event: NodeFinished) -> bool:
    return event.status is NodeStatus.SKIPPED


def _telling(event: NodeFinished) -> str | None:
    """Return dbt's message where it says more than the status does."""
    text = plain(event.message) if event.message else ""
    return text if text.lower() not in {"", "ok", str(event.status)} else None


def _headline(event: NodeFinished) -> str:
    """Return status and message as Markdown, which is what Dagster shows descriptions as."""
    text = plain(event.message) if event.message else ""
    if "\n" in text:
        return f"dbt {event.status}:\n\n```\n{text}\n```"
    return f"dbt {event.status}: {text}" if text else f"dbt {event.status}"
