"""The observability section, complete: floe-core refuses unknown keys at every level of it."""

from typing import Annotated

from pydantic import Field

from floe.adapters.artifacts.section import Section, one_of
from floe.adapters.artifacts.sections import Level
from floe.domain.model import pipeline

_SAMPLINGS = ("always_on", "always_off", "probabilistic", "rate_limiting")
_LOG_STORES = ("s3", "azure_blob", "gcs", "local", "noop")
_YEAR_IN_DAYS = 365
_LONGEST_UPLOAD_INTERVAL_S = 300


class _Sampling(Section):
    sampling_type: Annotated[str, one_of(*_SAMPLINGS)] = "always_on"
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    rate_limit: Annotated[int, Field(ge=1)] | None = None


class _TraceExporters(Section):
    jaeger: bool = True
    xray: bool = False
    otlp: bool = False


class _Tracing(Section):
    sampling: _Sampling = Field(default_factory=_Sampling)
    exporters: _TraceExporters = Field(default_factory=_TraceExporters)


class _MetricsExporters(Section):
    prometheus: bool = True
    cloudwatch: bool = False
    statsd: bool = False


class _AlertRule(Section):
    severity: Annotated[str, one_of("info", "warning", "critical")] = "warning"
    notify: list[str] = Field(default_factory=list)


class _Alerting(Section):
    enabled: bool = False
    rules: dict[str, _AlertRule] = Field(default_factory=dict)


class _Metrics(Section):
    scrape_interval: Annotated[str, Field(pattern=r"^\d+[smh]$")] = "15s"
    retention_days: Annotated[int, Field(ge=1, le=_YEAR_IN_DAYS)] = 15
    exporters: _MetricsExporters = Field(default_factory=_MetricsExporters)
    alerting: _Alerting = Field(default_factory=_Alerting)


class _LogBackends(Section):
    loki: bool = True
    cloudwatch: bool = False
    elasticsearch: bool = False


class _Logging(Section):
    level: Level = "INFO"
    log_format: Annotated[str, one_of("json", "text")] = "json"
    backends: _LogBackends = Field(default_factory=_LogBackends)


class _ComputeLogs(Section):
    enabled: bool = True
    manager_type: Annotated[str, one_of(*_LOG_STORES)] = "s3"
    storage_ref: str | None = "default"
    bucket: str | None = None
    prefix: str = "dagster-compute-logs/"
    retention_days: Annotated[int, Field(ge=1, le=_YEAR_IN_DAYS)] = 30
    local_dir: str = ""
    upload_interval: Annotated[int, Field(ge=1, le=_LONGEST_UPLOAD_INTERVAL_S)] = 30


class Observability(Section):
    """What is observed and where it goes."""

    traces: bool = True
    metrics: bool = True
    lineage: bool = True
    otlp_endpoint: str | None = None
    lineage_endpoint: str | None = None
    attributes: dict[str, str] = Field(default_factory=dict)
    tracing: _Tracing | None = None
    metrics_config: _Metrics | None = None
    logging: _Logging | None = None
    compute_logs: _ComputeLogs | None = None

    def to_domain(self) -> pipeline.Observability:
        """Return the section as the domain has it; an empty endpoint is none."""
        return pipeline.Observability(
            traces=self.traces,
            metrics=self.metrics,
            lineage=self.lineage,
            otlp_endpoint=self.otlp_endpoint or None,
            lineage_endpoint=self.lineage_endpoint or None,
            attributes=self.attributes,
            sampling=_sampling(self.tracing.sampling) if self.tracing else None,
            log_level=self.logging.level if self.logging else "INFO",
        )


def _sampling(section: _Sampling) -> pipeline.Sampling:
    return pipeline.Sampling(
        type=pipeline.SamplingType(section.sampling_type),
        probability=section.probability,
        rate_limit=section.rate_limit,
    )
