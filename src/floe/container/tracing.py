"""What a run says about itself in OpenTelemetry: spans, metrics, logs."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from floe.adapters.noop import NoOpTracer
from floe.container.delivery import OTLP
from floe.container.kinds import by_kind
from floe.container.signals import Otlp, signals_of
from floe.domain.model import settings as chosen
from floe.domain.model.pipeline import Sampling
from floe.domain.model.plan import RunPlan
from floe.domain.model.settings import Settings
from floe.ports.deliverer import Deliverer
from floe.ports.outbox import Outbox
from floe.ports.tracer import Tracer

if TYPE_CHECKING:
    from floe.adapters.otlp.direct_sink import Way
    from floe.adapters.otlp.environment import SignalOptions
    from floe.adapters.otlp.sink import Signal, Sink


def _file_sink(choice: chosen.File, plan: RunPlan) -> "Sink":
    from floe.adapters.otlp.line_sink import file_sink

    return file_sink(plan.project_root / choice.path)


def _console_sink() -> "Sink":
    from floe.adapters.otlp.line_sink import console_sink

    return console_sink()


def _http_sink(outbox: Outbox, signals: Mapping[str, Deliverer]) -> "Sink":
    from floe.adapters.delivery.sender import BackgroundSender
    from floe.adapters.otlp.outbox_sink import OutboxSink
    from floe.adapters.otlp.sink import Signal

    destinations = {Signal(signal): signal for signal in signals}
    sender = BackgroundSender(outbox, signals, dict.fromkeys(signals, OTLP))
    return OutboxSink(outbox, sender, destinations)


def _otlp_sink(
    choice: Otlp,
    plan: RunPlan,
    environ: Mapping[str, str],
    outbox: Callable[[], Outbox],
    signals: Mapping[str, Deliverer],
) -> "Sink":
    """Return where each signal goes: gRPC and the console at once, HTTP (*signals*) by *outbox*."""
    from floe.adapters.otlp.routed_sink import RoutedSink
    from floe.adapters.otlp.sink import Signal

    sinks: dict[Signal, Sink] = {}
    wanted = signals_of(choice, plan, environ)
    console = [signal for signal, options in wanted.items() if options.exporter == "console"]
    over_grpc = {
        signal: options
        for signal, options in wanted.items()
        if (options.exporter, options.protocol) == ("otlp", "grpc")
    }
    if over_grpc:
        sinks |= dict.fromkeys(over_grpc, _grpc_sink(choice, over_grpc, environ))
    if console:
        sinks |= dict.fromkeys(console, _console_sink())
    if signals:
        sinks |= dict.fromkeys(map(Signal, signals), _http_sink(outbox(), signals))
    return RoutedSink(sinks)


def _grpc_sink(
    choice: Otlp, signals: Mapping["Signal", "SignalOptions"], environ: Mapping[str, str]
) -> "Sink":
    from floe.adapters.delivery.credentials import headers_from
    from floe.adapters.otlp.direct_sink import DirectSink

    secret = headers_from(choice.headers_env, environ)() if choice.headers_env else {}
    return DirectSink(
        {signal: _grpc_way(choice, options, secret) for signal, options in signals.items()}
    )


def _grpc_way(choice: Otlp, options: "SignalOptions", secret: Mapping[str, str]) -> "Way":
    from floe.adapters.otlp.direct_sink import Way
    from floe.adapters.otlp.grpc_transport import GrpcTransport
    from floe.adapters.otlp.tls import Tls

    transport = GrpcTransport(
        options.endpoint or choice.endpoint,
        headers={**choice.headers, **options.headers, **secret},
        compress=bool(options.compress),
        tls=Tls(options.ca_bundle, options.client_certificate, options.client_key),
    )
    return Way(transport, options.timeout_s or choice.timeout_s)


def _otlp(plan: RunPlan, settings: Settings, environ: Mapping[str, str], sink: "Sink") -> Tracer:
    from floe.adapters.otlp.environment import read_environment
    from floe.adapters.otlp.exporter import BATCH, Exporter
    from floe.adapters.otlp.resource import resource
    from floe.adapters.otlp.sampling import TraceSampler
    from floe.adapters.otlp.tracer import OtlpTracer, measured_of

    said, attributes = read_environment(environ), plan.tracing.attributes
    exporter = Exporter(
        sink,
        resource=resource(
            attributes.get("service.name") or said.service_name or plan.tracing.service_name,
            environment=attributes.get("deployment.environment")
            or attributes.get("floe.environment.type"),
            attributes=said.resource_attributes,
        ),
        batch=said.batch or BATCH,
        delay_s=said.delay_s or 1.0,
        most_waiting=said.most_waiting or 16_384,
        metric_interval_s=said.metric_interval_s or 60.0,
        cumulative=said.cumulative,
        measured=measured_of(
            attributes,
            pipeline=plan.pipeline.name,
            target=plan.pipeline.compute.target if plan.pipeline.compute else "",
        ),
        longest_value=said.longest_value,
    )
    rule = said.sampling or plan.tracing.sampling or Sampling()
    return OtlpTracer(
        exporter,
        sampler=TraceSampler(rule, parent_based=said.parent_based),
        metrics=plan.tracing.metrics,
        logs=bool(getattr(settings.tracing, "logs", False)),
    )


def _logging_tracer(tracer: Tracer, settings: Settings) -> Tracer:
    from floe.adapters.otlp.log_lines import LoggingTracer

    return LoggingTracer(tracer, settings.log_level)


def telemetry_warnings(choice: chosen.Tracing, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is wrong with the ``OTEL_*`` variables, where they count."""
    if not isinstance(choice, Otlp):
        return ()
    from floe.adapters.otlp.environment import read_environment

    return read_environment(environ).warnings


def log_as_json(level: str) -> None:
    """Write what floe says as JSON lines from here on, with the ids of the run."""
    from floe.adapters.otlp.logs import log_as_json

    log_as_json(level)


class Tracing(containers.DeclarativeContainer):
    """What tells the spans, the metrics and the logs of a run."""

    plan = providers.Dependency(instance_of=RunPlan)
    settings = providers.Dependency(instance_of=Settings)
    environ = providers.Dependency(instance_of=dict)
    outbox: providers.Provider[Outbox] = providers.Dependency()
    signals: providers.Provider[Mapping[str, Deliverer]] = providers.Dependency()

    _choice = settings.provided.tracing
    _to_backend = providers.Singleton(_otlp_sink, _choice, plan, environ, outbox.provider, signals)
    _own = providers.Singleton(
        _otlp,
        plan,
        settings,
        environ,
        sink=providers.Selector(
            _choice.kind,
            console=providers.Singleton(_console_sink),
            file=providers.Singleton(_file_sink, _choice, plan),
            otlp_http=_to_backend,
            otlp_grpc=_to_backend,
        ),
    )
    _backend: providers.Provider[Tracer] = by_kind(
        _choice,
        {
            chosen.Off: providers.Singleton(NoOpTracer),
            chosen.Console: _own,
            chosen.File: _own,
            chosen.OtlpHttp: _own,
            chosen.OtlpGrpc: _own,
        },
        group="floe.tracing",
    )
    tracer: providers.Provider[Tracer] = providers.Selector(
        settings.provided.log_format,
        text=_backend,
        json=providers.Singleton(_logging_tracer, _backend, settings),
    )
