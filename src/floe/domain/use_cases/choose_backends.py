"""Decide whether a pipeline is traced and its lineage told, and where to.

For addresses the environment's standard variables go before the document; for the names by which a
pipeline is known, its lineage namespace and its service name, the document goes first.
"""

from collections.abc import Mapping

from floe.domain.model.endpoint import endpoint_fault, lineage_endpoint, otlp_base
from floe.domain.model.findings import Findings
from floe.domain.model.pipeline import Pipeline
from floe.domain.model.plan import LineagePlan, TracingPlan

_LONGEST_NAME = 255
_GRPC_PORT = ":4317"
_PROTOCOL = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_INSECURE = ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE")
_PROTOCOLS = ("grpc", "http/protobuf")
_TRUE = frozenset({"true", "1", "yes", "on"})


def choose_lineage(
    pipeline: Pipeline, environ: Mapping[str, str], findings: Findings
) -> LineagePlan:
    """Return where lineage of *pipeline* goes, if anywhere.

    *environ* is consulted for ``OPENLINEAGE_*`` (openlineage-python 1.x). What cannot be used is
    told to *findings*.
    """
    said = pipeline.observability
    named = pipeline.lineage_namespace or environ.get("OPENLINEAGE_NAMESPACE")
    namespace = _bounded(named, "$.lineage_namespace", findings)
    off = LineagePlan(namespace=namespace, transport=said.lineage_transport)
    wanted = said.lineage and pipeline.governance.emit_lineage
    if not wanted or off.transport == "noop" or _is_set(environ, "OPENLINEAGE_DISABLED"):
        return off
    endpoint = _lineage_endpoint(said.lineage_endpoint, environ, findings)
    if endpoint is None and off.transport != "console":
        return off
    return off.model_copy(update={"enabled": True, "endpoint": endpoint})


def choose_tracing(
    pipeline: Pipeline, environ: Mapping[str, str], findings: Findings
) -> TracingPlan:
    """Return where spans of *pipeline* go, if anywhere, and what every span says.

    *environ* is consulted for ``OTEL_*`` (OpenTelemetry 1.x). What cannot be used is told to
    *findings*.
    """
    said, context = pipeline.observability, pipeline.environment
    attributes = {**said.attributes, **(context.attributes if context else {})}
    named = attributes.get("service.name") or environ.get("OTEL_SERVICE_NAME")
    endpoint = None
    if said.traces and not _is_set(environ, "OTEL_SDK_DISABLED"):
        endpoint = _otlp_endpoint(said.otlp_endpoint, environ, findings)
    return TracingPlan(
        enabled=endpoint is not None and not _is_none(environ, "OTEL_TRACES_EXPORTER"),
        endpoint=endpoint,
        protocol=_otlp_protocol(said.otlp_protocol, endpoint, environ, findings),
        service_name=_bounded(named, '$.observability.attributes["service.name"]', findings),
        attributes=attributes,
        sampling=said.sampling,
        metrics=said.metrics and not _is_none(environ, "OTEL_METRICS_EXPORTER"),
    )


def _lineage_endpoint(
    written: str | None, environ: Mapping[str, str], findings: Findings
) -> str | None:
    said = _variable(environ, "OPENLINEAGE_URL")
    if said is not None:
        path = _variable(environ, "OPENLINEAGE_ENDPOINT") or ""
        url = _usable(said, "OPENLINEAGE_URL", findings)
        return lineage_endpoint(url, path) if url else None
    url = _usable(written, "$.observability.lineage_endpoint", findings)
    return lineage_endpoint(url) if url else None


def _otlp_endpoint(
    written: str | None, environ: Mapping[str, str], findings: Findings
) -> str | None:
    traces, base = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
    complete = _variable(environ, traces)
    if complete is not None:
        url = _usable(_with_scheme(complete, environ), traces, findings)
        return otlp_base(url) if url else None
    said = _variable(environ, base)
    if said is not None:
        return _usable(_with_scheme(said, environ), base, findings)
    return _usable(written, "$.observability.otlp_endpoint", findings)


def _with_scheme(endpoint: str, environ: Mapping[str, str]) -> str:
    """Return *endpoint*; over gRPC it may come without a scheme, which another variable decides."""
    protocol = _first_set(_PROTOCOL, environ)
    if "://" in endpoint or protocol is None or _variable(environ, protocol) != "grpc":
        return endpoint
    insecure = _first_set(_INSECURE, environ)
    return f"{'http' if insecure and _is_set(environ, insecure) else 'https'}://{endpoint}"


def _otlp_protocol(
    written: str | None, endpoint: str | None, environ: Mapping[str, str], findings: Findings
) -> str | None:
    name = _first_set(_PROTOCOL, environ)
    protocol = _variable(environ, name) if name else written
    if endpoint is None:
        return protocol
    if name is not None and protocol not in _PROTOCOLS:
        findings.refuse("the OTLP protocol must be grpc or http/protobuf", name, "choose one")
    if protocol is None and endpoint.rstrip("/").endswith(_GRPC_PORT):
        findings.warn(
            "$.observability.otlp_endpoint has the port of OTLP over gRPC, but HTTP is spoken: "
            "use port 4318, or set OTEL_EXPORTER_OTLP_PROTOCOL=grpc"
        )
    return protocol


def _usable(url: str | None, where: str, findings: Findings) -> str | None:
    """Return *url* where it can be used; one that is empty is none."""
    if not url or not url.strip():
        return None
    fault = endpoint_fault(url)
    if fault is None:
        return url
    fix = "write scheme, host and port; give credentials by variables of their own"
    findings.refuse(fault, where, fix)
    return None


def _bounded(name: str | None, where: str, findings: Findings) -> str:
    if name and len(name) > _LONGEST_NAME:
        findings.refuse(f"must have at most {_LONGEST_NAME} characters", where, "shorten it")
        return "floe"
    return name or "floe"


def _first_set(names: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    return next((name for name in names if _variable(environ, name)), None)


def _variable(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(name, "").strip() or None


def _is_set(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() in _TRUE


def _is_none(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() == "none"
