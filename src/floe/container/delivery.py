"""Everything that leaves the machine: the outbox, who empties it, and where to."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from dependency_injector import containers, providers

from floe.container.signals import Otlp, signals_of
from floe.domain.model import settings as chosen
from floe.domain.model.plan import RunPlan
from floe.domain.model.settings import Settings
from floe.ports.deliverer import Deliverer
from floe.ports.outbox import Outbox
from floe.ports.outbox_upkeep import OutboxUpkeep
from floe.ports.sender import Sender

if TYPE_CHECKING:
    from floe.adapters.delivery.credentials import Credentials

LINEAGE = "lineage"
"""The name of the lineage backend in the outbox; each OTLP signal has its own name there."""
OTLP = "the OTLP backend"
"""What its trouble is told of: one backend, whatever signal met it."""


def _outbox(state_dir: Path) -> Iterator[Outbox]:
    from floe.adapters.delivery.sqlite_outbox import SqliteOutbox

    outbox = SqliteOutbox(state_dir / "outbox")
    yield outbox
    outbox.close()


def _upkeep(outbox: Outbox) -> OutboxUpkeep:
    return cast("OutboxUpkeep", outbox)


def _console() -> Deliverer:
    from floe.adapters.delivery.console import ConsoleDeliverer

    return ConsoleDeliverer()


def _file(choice: chosen.File, plan: RunPlan) -> Deliverer:
    from floe.adapters.delivery.file import FileDeliverer

    return FileDeliverer(plan.project_root / choice.path)


def _credentials(choice: chosen.LineageHttp, environ: Mapping[str, str]) -> "Credentials | None":
    from floe.adapters.delivery.credentials import bearer_from, from_provider
    from floe.adapters.openlineage_config import auth_in_file, auth_in_variables

    if choice.api_key_env:
        return bearer_from(choice.api_key_env, environ)
    if choice.auth_file:
        return from_provider(auth_in_file(choice.auth_file))
    if choice.auth_env:
        return from_provider(auth_in_variables(choice.auth_env, environ))
    return None


def _http(choice: chosen.LineageHttp, environ: Mapping[str, str]) -> Deliverer:
    from floe.adapters.delivery.http import HttpDeliverer
    from floe.adapters.delivery.openlineage_http import OpenLineageHttpDeliverer
    from floe.adapters.openlineage.slimming import slimmed

    http = HttpDeliverer(
        choice.url,
        headers=choice.headers,
        credentials=_credentials(choice, environ),
        timeout_s=choice.timeout_s,
        compress=choice.compress,
        ca_bundle=choice.ca_bundle,
    )
    return OpenLineageHttpDeliverer(http, batches=choice.batch, slimmed=slimmed)


def _transport(choice: chosen.LineageTransport) -> Deliverer:
    from floe.adapters.delivery.openlineage_transport import TransportDeliverer

    return TransportDeliverer(choice.config)


def _signals(
    choice: chosen.Tracing, plan: RunPlan, environ: Mapping[str, str]
) -> Mapping[str, Deliverer]:
    """Return a deliverer for each signal that leaves by OTLP over HTTP."""
    from floe.adapters.delivery.credentials import headers_from
    from floe.adapters.delivery.http import HttpDeliverer

    if not isinstance(choice, Otlp):
        return {}
    secret = headers_from(choice.headers_env, environ) if choice.headers_env else None
    deliverers: dict[str, Deliverer] = {}
    for signal, options in signals_of(choice, plan, environ).items():
        if (options.exporter, options.protocol) != ("otlp", "http/protobuf"):
            continue
        certificate = options.client_certificate
        deliverers[signal] = HttpDeliverer(
            options.endpoint or choice.endpoint,
            headers=choice.headers,
            credentials=_both(options.headers, secret),
            timeout_s=options.timeout_s or choice.timeout_s,
            compress=bool(options.compress),
            ca_bundle=options.ca_bundle,
            client_identity=(certificate, options.client_key) if certificate else None,
        )
    return deliverers


def _both(
    headers: Mapping[str, str], secret: Callable[[], Mapping[str, str]] | None
) -> Callable[[], Mapping[str, str]] | None:
    """Return credentials of the environment's own headers and those of a variable by name."""
    if secret is None:
        return (lambda: headers) if headers else None
    return lambda: {**headers, **secret()}


def _sender(
    settings: Settings,
    outbox: Outbox,
    lineage: Callable[[], Deliverer],
    signals: Mapping[str, Deliverer],
) -> Sender:
    """Return a sender for everything that may wait, whoever put it there."""
    from floe.adapters.delivery.sender import BackgroundSender

    own = not isinstance(settings.lineage, chosen.Off | chosen.Plugin)
    deliverers = {**({LINEAGE: lineage()} if own else {}), **signals}
    return BackgroundSender(outbox, deliverers, dict.fromkeys(signals, OTLP))


class Delivery(containers.DeclarativeContainer):
    """What keeps what is to be sent, and what sends it."""

    plan = providers.Dependency(instance_of=RunPlan)
    settings = providers.Dependency(instance_of=Settings)
    environ = providers.Dependency(instance_of=dict)
    state_dir = providers.Dependency(instance_of=Path)

    outbox: providers.Provider[Outbox] = providers.Resource(_outbox, state_dir)
    upkeep: providers.Provider[OutboxUpkeep] = providers.Singleton(_upkeep, outbox)

    _choice = settings.provided.lineage
    lineage: providers.Provider[Deliverer] = providers.Selector(
        _choice.kind,
        console=providers.Singleton(_console),
        file=providers.Singleton(_file, _choice, plan),
        http=providers.Singleton(_http, _choice, environ),
        transport=providers.Singleton(_transport, _choice),
    )
    signals: providers.Provider[Mapping[str, Deliverer]] = providers.Factory(
        _signals, settings.provided.tracing, plan, environ
    )
    sender: providers.Provider[Sender] = providers.Singleton(
        _sender, settings, outbox, lineage.provider, signals
    )
