"""How each signal of telemetry leaves: by the settings, and by the standard variables over them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from floe.domain.model import settings as chosen
from floe.domain.model.plan import RunPlan

if TYPE_CHECKING:
    from floe.adapters.otlp.environment import SignalOptions
    from floe.adapters.otlp.sink import Signal

Otlp: TypeAlias = chosen.OtlpHttp | chosen.OtlpGrpc


def signals_of(
    choice: Otlp, plan: RunPlan, environ: Mapping[str, str]
) -> Mapping["Signal", "SignalOptions"]:
    """Return the signals that are wanted, each with an endpoint and how to get there.

    Headers are those of the variables alone: the settings have theirs beside.
    """
    from floe.adapters.otlp.environment import read_environment
    from floe.adapters.otlp.sink import Signal

    over_grpc = isinstance(choice, chosen.OtlpGrpc)
    said = read_environment(environ, "grpc" if over_grpc else "http/protobuf").signals
    wanted = {Signal.TRACES: True, Signal.METRICS: plan.tracing.metrics, Signal.LOGS: choice.logs}
    return {
        signal: said[signal].over(_written(choice, signal, said[signal]))
        for signal, is_wanted in wanted.items()
        if is_wanted and said[signal].exporter != "none"
    }


def _written(choice: Otlp, signal: "Signal", said: "SignalOptions") -> "SignalOptions":
    """Return what the settings say of *signal*, whose protocol is *said* already."""
    from floe.adapters.otlp.environment import SignalOptions

    base = choice.endpoint.rstrip("/")
    return SignalOptions(
        endpoint=base if said.protocol == "grpc" else f"{base}/v1/{signal}",
        compress=choice.compress,
        timeout_s=choice.timeout_s,
        ca_bundle=choice.ca_bundle,
    )
