"""The layers of settings that come from outside floe's own files."""

from collections.abc import Mapping
from typing import Any

from floe.domain.model.plan import RunPlan
from floe.domain.use_cases.resolve_settings import Layer

_LINEAGE_URL = ("OPENLINEAGE_URL",)
_OTLP_ENDPOINT = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_TRUE = frozenset({"true", "1", "yes", "on"})


def contract_layer(plan: RunPlan, environ: Mapping[str, str]) -> Layer:
    """Return what the contract says of the backends, where no standard variable says more."""
    values: dict[str, Any] = {}
    if not _names_any(environ, _LINEAGE_URL):
        values |= _lineage(plan, environ)
    if not _names_any(environ, _OTLP_ENDPOINT):
        values |= _tracing(plan)
    return Layer(plan.pipeline.source.name, values)


def standard_layer(plan: RunPlan, environ: Mapping[str, str]) -> Layer:
    """Return what the standard ``OPENLINEAGE_*`` and ``OTEL_*`` variables say.

    The plan has worked out the endpoints that they name; switching off needs no endpoint.
    """
    values: dict[str, Any] = {}
    if _is_true(environ, "OPENLINEAGE_DISABLED"):
        values["lineage"] = {"kind": "noop"}
    elif _names_any(environ, _LINEAGE_URL):
        values |= _lineage(plan, environ)
    if _is_true(environ, "OTEL_SDK_DISABLED"):
        values["tracing"] = {"kind": "noop"}
    elif _names_any(environ, _OTLP_ENDPOINT):
        values |= _tracing(plan)
    elif environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "console":
        values["tracing"] = {"kind": "console"}
    return Layer("standard environment", values)


def governance_layer(plan: RunPlan) -> Layer:
    """Return what the contract forbids: no other layer switches it on again."""
    observability = plan.pipeline.observability
    values: dict[str, Any] = {}
    if not (observability.lineage and plan.pipeline.governance.emit_lineage):
        values["lineage"] = {"kind": "noop"}
    if not observability.traces:
        values["tracing"] = {"kind": "noop"}
    return Layer(f"{plan.pipeline.source.name} (switched off)", values)


def _lineage(plan: RunPlan, environ: Mapping[str, str]) -> dict[str, Any]:
    if plan.lineage.enabled and plan.lineage.transport == "console":
        return {"lineage": {"kind": "console"}}
    if not plan.lineage.enabled or not plan.lineage.endpoint:
        return {}
    values: dict[str, Any] = {"kind": "http", "url": plan.lineage.endpoint}
    if environ.get("OPENLINEAGE_API_KEY"):
        values["api_key_env"] = "OPENLINEAGE_API_KEY"
    return {"lineage": values}


def _tracing(plan: RunPlan) -> dict[str, Any]:
    """Return how telemetry leaves: metrics do so without the traces too."""
    if not (plan.tracing.enabled or plan.tracing.metrics) or not plan.tracing.endpoint:
        return {}
    kind = "otlp_grpc" if plan.tracing.protocol == "grpc" else "otlp_http"
    return {"tracing": {"kind": kind, "endpoint": plan.tracing.endpoint}}


def _names_any(environ: Mapping[str, str], names: tuple[str, ...]) -> bool:
    return any(environ.get(name) for name in names)


def _is_true(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() in _TRUE
