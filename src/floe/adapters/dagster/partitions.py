"""Partitions and automation from a project's ``meta``, and a partition's place in time."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dagster import (
    AssetExecutionContext,
    AutomationCondition,
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    PartitionsDefinition,
    StaticPartitionsDefinition,
    TimeWindowPartitionsDefinition,
    WeeklyPartitionsDefinition,
)

from floe.adapters.dagster.manifest import Props
from floe.adapters.dagster.names import mapping

_PERIODS: Mapping[str, Callable[..., TimeWindowPartitionsDefinition]] = {
    "hourly": HourlyPartitionsDefinition,
    "daily": DailyPartitionsDefinition,
    "weekly": WeeklyPartitionsDefinition,
    "monthly": MonthlyPartitionsDefinition,
}


class Window(NamedTuple):
    """The time that a partitioned run is about, in UTC: from *start* until just before *end*."""

    start: datetime
    end: datetime


def automation_of(props: Props) -> AutomationCondition[Any] | None:
    """Return the condition that ``meta.dagster.automation_condition`` names, or None.

    ``eager``, ``on_missing``, or ``{type: on_cron, cron_schedule: ..., timezone: ...}``.
    """
    said = mapping(mapping(props.get("meta")).get("dagster")).get("automation_condition")
    options = {"type": said} if isinstance(said, str) else mapping(said)
    match options.get("type"):
        case "eager":
            return AutomationCondition.eager()
        case "on_missing":
            return AutomationCondition.on_missing()
        case "on_cron" if options.get("cron_schedule"):
            return AutomationCondition.on_cron(
                str(options["cron_schedule"]), str(options.get("timezone") or "UTC")
            )
    return None


def partitions_of(props: Props) -> PartitionsDefinition[Any] | None:
    """Return the partitions that ``meta.dagster.partitions`` describes, or None.

    ``{type: daily, start: "2026-01-01"}`` (hourly, daily, weekly, monthly; ``timezone``), or
    ``{type: static, keys: [a, b]}``.
    """
    said = mapping(mapping(mapping(props.get("meta")).get("dagster")).get("partitions"))
    kind = str(said.get("type") or "")
    if kind == "static" and said.get("keys"):
        return StaticPartitionsDefinition([str(key) for key in said["keys"]])
    if kind in _PERIODS and said.get("start"):
        timezone = str(said.get("timezone") or "UTC")
        start = datetime.fromisoformat(str(said["start"]))
        return _PERIODS[kind](start_date=start, timezone=timezone)
    return None


def window_of(context: AssetExecutionContext) -> Window | None:
    """Return the time window of a partitioned run, or None."""
    if not context.has_partition_key and not context.has_partition_key_range:
        return None
    if not isinstance(context.assets_def.partitions_def, TimeWindowPartitionsDefinition):
        return None
    window = context.partition_time_window
    return Window(window.start.astimezone(UTC), window.end.astimezone(UTC))
