"""The ``OTEL_*`` variables, read as the OpenTelemetry specification 1.x says.

Times are in milliseconds there (OpenTelemetry's own SDK for Python takes seconds in places). An
empty variable counts as absent; a malformed one is left out, with a warning that never shows its
value, for headers are credentials.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field

from floe.adapters.otlp.sink import Signal
from floe.domain.model.pipeline import Sampling, SamplingType
from floe.domain.model.value import Value

Protocol = Literal["http/protobuf", "grpc"]
_OTLP = "OTEL_EXPORTER_OTLP_"
_SHORTEST_LIKELY_MS = 100
_SAMPLERS = {
    "always_on": SamplingType.ALWAYS_ON,
    "always_off": SamplingType.ALWAYS_OFF,
    "traceidratio": SamplingType.PROBABILISTIC,
}


class SignalOptions(Value):
    """How one signal leaves; None is for the caller to decide.

    *endpoint* is complete: over HTTP the path of the signal is part of it. *headers* may be
    credentials. *timeout_s* is in seconds. *exporter* is ``otlp``, ``console`` or ``none``.
    *protocol* is what the signal speaks, whoever decided it.
    """

    exporter: str = "otlp"
    endpoint: str | None = None
    protocol: Protocol = "http/protobuf"
    headers: Mapping[str, str] = Field(default_factory=dict, repr=False)
    compress: bool | None = None
    timeout_s: float | None = None
    ca_bundle: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None

    def over(self, settings: "SignalOptions") -> "SignalOptions":
        """Return these options, completed by *settings*; headers of both, these first."""
        said = self.model_dump(exclude_none=True, exclude={"headers"})
        headers = {**settings.headers, **self.headers}
        return settings.model_copy(update={**said, "headers": headers})


class OtelEnvironment(Value):
    """Everything that the environment says about telemetry.

    *sampling* goes with *parent_based*: whether it leaves continued traces to their parent.
    Batches: *delay_s* seconds, *most_waiting* and *batch* records. *longest_value* is in
    characters. *warnings* are for people.
    """

    disabled: bool = False
    service_name: str | None = None
    resource_attributes: Mapping[str, str] = Field(default_factory=dict)
    sampling: Sampling | None = None
    parent_based: bool = True
    delay_s: float | None = None
    most_waiting: int | None = None
    batch: int | None = None
    metric_interval_s: float | None = None
    cumulative: bool = False
    longest_value: int | None = None
    signals: Mapping[Signal, SignalOptions] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def read_environment(
    environ: Mapping[str, str], protocol: Protocol | None = None
) -> OtelEnvironment:
    """Return what *environ* says; nothing else is consulted and nothing is raised.

    *protocol* is the one that the traces speak, where that has been decided; it is then that of
    every signal of which *environ* does not say something else than of the traces.
    """
    return _Reader(environ, protocol).read()


class _Reader:
    """Reads variables and gathers what is wrong with them."""

    def __init__(self, environ: Mapping[str, str], protocol: Protocol | None) -> None:
        self._environ = environ
        self._decided = protocol
        self._warnings: list[str] = []

    def read(self) -> OtelEnvironment:
        """Return everything."""
        attributes = self._pairs("OTEL_RESOURCE_ATTRIBUTES")
        sampling, parent_based = self._sampler()
        preference = self._text(f"{_OTLP}METRICS_TEMPORALITY_PREFERENCE") or ""
        return OtelEnvironment(
            disabled=(self._text("OTEL_SDK_DISABLED") or "").lower() == "true",
            service_name=self._text("OTEL_SERVICE_NAME") or attributes.get("service.name"),
            resource_attributes=attributes,
            sampling=sampling,
            parent_based=parent_based,
            delay_s=self._seconds("OTEL_BSP_SCHEDULE_DELAY"),
            most_waiting=self._count("OTEL_BSP_MAX_QUEUE_SIZE"),
            batch=self._count("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"),
            metric_interval_s=self._seconds("OTEL_METRIC_EXPORT_INTERVAL"),
            longest_value=self._count("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT")
            or self._count("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
            cumulative=preference.lower() == "cumulative",
            signals={signal: self._signal(signal) for signal in Signal},
            warnings=tuple(dict.fromkeys(self._warnings)),
        )

    def _signal(self, signal: Signal) -> SignalOptions:
        protocol = self._protocol(signal)
        return SignalOptions(
            exporter=self._exporter(signal),
            endpoint=self._signal_endpoint(signal, protocol),
            protocol=protocol,
            headers=self._pairs(self._most_specific(signal, "HEADERS")),
            compress=self._compress(signal),
            timeout_s=self._seconds(self._most_specific(signal, "TIMEOUT")),
            ca_bundle=self._path(signal, "CERTIFICATE"),
            client_certificate=self._path(signal, "CLIENT_CERTIFICATE"),
            client_key=self._path(signal, "CLIENT_KEY"),
        )

    def _signal_endpoint(self, signal: Signal, protocol: Protocol) -> str | None:
        """Return the signal's own endpoint as it is, or the common one with the signal's path."""
        insecure = self._insecure(signal) if protocol == "grpc" else None
        own = self._endpoint(f"{_OTLP}{signal.upper()}_ENDPOINT", insecure=insecure)
        if own is not None:
            return own
        base = self._endpoint(f"{_OTLP}ENDPOINT", insecure=insecure)
        if base is None or protocol == "grpc":
            return base
        return f"{base.rstrip('/')}/v1/{signal}"

    def _endpoint(self, name: str, *, insecure: bool | None = None) -> str | None:
        text = self._text(name)
        if text is None:
            return None
        if insecure is not None and "://" not in text:
            text = f"{'http' if insecure else 'https'}://{text}"
        try:
            parts = urlsplit(text)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
            usable = usable and parts.port != 0
        except ValueError:
            usable = False
        if usable:
            return text
        self._warn(name, "must be an http or https URL with a host")
        return None

    def _insecure(self, signal: Signal) -> bool:
        return (self._text(self._most_specific(signal, "INSECURE")) or "").lower() == "true"

    def _protocol(self, signal: Signal) -> Protocol:
        said = self._said_protocol(signal)
        if self._decided is not None and said == self._said_protocol(Signal.TRACES):
            return self._decided
        return said or "http/protobuf"

    def _said_protocol(self, signal: Signal) -> Protocol | None:
        name = self._most_specific(signal, "PROTOCOL")
        match self._text(name):
            case None:
                return None
            case "grpc":
                return "grpc"
            case "http/protobuf":
                return "http/protobuf"
            case _:
                self._warn(name, "must be grpc or http/protobuf; http/protobuf is used")
                return "http/protobuf"

    def _exporter(self, signal: Signal) -> str:
        name = f"OTEL_{signal.upper()}_EXPORTER"
        exporter = (self._text(name) or "otlp").lower()
        if exporter in {"otlp", "console", "none"}:
            return exporter
        self._warn(name, "must be otlp, console or none; otlp is used")
        return "otlp"

    def _compress(self, signal: Signal) -> bool | None:
        name = self._most_specific(signal, "COMPRESSION")
        text = self._text(name)
        if text is None or text in {"gzip", "none"}:
            return None if text is None else text == "gzip"
        self._warn(name, "must be gzip or none; none is used")
        return False

    def _sampler(self) -> tuple[Sampling | None, bool]:
        text = self._text("OTEL_TRACES_SAMPLER")
        if text is None:
            return None, True
        name = text.removeprefix("parentbased_")
        if name not in _SAMPLERS:
            self._warn("OTEL_TRACES_SAMPLER", "names no sampler that floe has; it is left out")
            return None, True
        type_ = _SAMPLERS[name]
        if type_ is not SamplingType.PROBABILISTIC:
            return Sampling(type=type_), name != text
        return Sampling(type=type_, probability=self._ratio()), name != text

    def _ratio(self) -> float:
        text = self._text("OTEL_TRACES_SAMPLER_ARG")
        try:
            ratio = 1.0 if text is None else float(text)
        except ValueError:
            ratio = -1.0
        if 0 <= ratio <= 1:
            return ratio
        self._warn("OTEL_TRACES_SAMPLER_ARG", "must be a number from 0 to 1; 1 is used")
        return 1.0

    def _pairs(self, name: str) -> dict[str, str]:
        """Return ``key=value`` pairs separated by commas, percent-decoded (W3C Baggage)."""
        pairs: dict[str, str] = {}
        for item in (self._text(name) or "").split(","):
            key, equals, value = item.partition("=")
            if equals and key.strip():
                pairs[unquote(key.strip())] = unquote(value.strip())
            elif item.strip():
                self._warn(name, "must be key=value pairs, separated by commas; one is left out")
        return pairs

    def _seconds(self, name: str) -> float | None:
        milliseconds = self._count(name)
        if milliseconds is None:
            return None
        if name.endswith("TIMEOUT") and milliseconds < _SHORTEST_LIKELY_MS:
            self._warn(name, "is in milliseconds, and this is very short")
        return milliseconds / 1000

    def _count(self, name: str) -> int | None:
        text = self._text(name)
        if text is None:
            return None
        if text.isascii() and text.isdigit() and int(text) > 0:
            return int(text)
        self._warn(name, "must be a whole number above 0; it is left out")
        return None

    def _path(self, signal: Signal, what: str) -> Path | None:
        text = self._text(self._most_specific(signal, what))
        return Path(text) if text else None

    def _most_specific(self, signal: Signal, what: str) -> str:
        own = f"{_OTLP}{signal.upper()}_{what}"
        return own if self._text(own) is not None else f"{_OTLP}{what}"

    def _text(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def _warn(self, name: str, what: str) -> None:
        self._warnings.append(f"{name}: {what}")
