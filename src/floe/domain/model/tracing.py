"""What a trace needs to know before there is a span: its settings and its place in a trace."""

import re
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from floe.domain.model.value import Value

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
AttributeValue = str | int | float | bool
"""What a span attribute may hold (OpenTelemetry 1.x, scalars only)."""


class TracingConfig(Value):
    """Where spans go and what every span says; without *endpoint* tracing is off."""

    endpoint: str | None = None
    service_name: str = Field(default="floe-dagster", min_length=1, max_length=255)
    attributes: dict[str, str] = Field(default_factory=dict)
    batch_export: bool = True

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_a_url(cls, endpoint: str | None) -> str | None:
        if endpoint is None:
            return None
        parts = urlsplit(endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = "must be an http or https URL with a host"
            raise ValueError(msg)
        return endpoint

    @property
    def enabled(self) -> bool:
        """Whether there is anywhere to send spans to."""
        return self.endpoint is not None


class TraceParent(Value):
    """A position in a trace, as W3C Trace Context (level 1) writes it in ``traceparent``."""

    trace_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    span_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    sampled: bool = True

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the position that *text* names, or None when it is not a valid traceparent."""
        match = _TRACEPARENT.fullmatch(text.strip())
        if match is None:
            return None
        version, trace_id, span_id, flags, rest = match.groups()
        unusable = version == "ff" or (version == "00" and rest)
        if unusable or not int(trace_id, 16) or not int(span_id, 16):
            return None
        return cls(trace_id=trace_id, span_id=span_id, sampled=bool(int(flags, 16) & 1))

    def __str__(self) -> str:
        """Return the ``traceparent`` header value."""
        return traceparent(self.trace_id, self.span_id, sampled=self.sampled)


def traceparent(trace_id: str, span_id: str, *, sampled: bool) -> str:
    """Return the ``traceparent`` header value of a position whose ids are known to be sound."""
    return f"00-{trace_id}-{span_id}-{'01' if sampled else '00'}"
