"""Events through a transport of openlineage-python that the user names: Kafka, say."""

import copy
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pydantic import JsonValue

from floe.domain.model.delivery import Envelope, Outcome, Verdict
from floe.domain.model.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from openlineage.client.client import Event
    from openlineage.client.transport.transport import Transport

_CLOSE_S = 1.0


class TransportDeliverer:
    """Emits each envelope through the transport that *config* describes, as its users know it.

    The transport is made with the first envelope and gets no configuration but this one: no
    file of the working directory and no variable is read. Types that openlineage-python does not
    ship are refused unless *trusted*, because it would import whatever they name.

    Raises:
        ConfigurationError: A ``type`` is missing or unknown.
    """

    def __init__(self, config: Mapping[str, JsonValue], *, trusted: bool = False) -> None:
        _check(config, trusted=trusted)
        self._config = config
        self._transport: Transport | None = None

    def deliver(self, envelope: Envelope) -> Verdict:
        """Emit the event of *envelope*; whatever the transport raises is a reason to try again."""
        try:
            transport = self._opened()
        except Exception as error:  # noqa: BLE001 - third-party code, which may raise anything
            reason = f"the transport cannot be made: {_words(error)}"
            return Verdict(outcome=Outcome.PAUSE, reason=reason)
        try:
            event = _event(json.loads(envelope.body, object_hook=_Document))
        except (ValueError, KeyError, TypeError, AttributeError):
            return Verdict(outcome=Outcome.REFUSED, reason="the payload is no OpenLineage event")
        try:
            transport.emit(event)
        except Exception as error:  # noqa: BLE001 - likewise
            return Verdict(outcome=Outcome.RETRY, reason=_words(error))
        return Verdict(outcome=Outcome.DELIVERED)

    def close(self) -> None:
        """Give the transport a second to let go."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close(_CLOSE_S)

    def _opened(self) -> "Transport":
        if self._transport is None:
            from openlineage.client.transport import get_default_factory

            own = copy.deepcopy(cast("dict[str, Any]", dict(self._config)))
            self._transport = get_default_factory().create(own)
        return self._transport


class _Document(dict[str, Any]):
    """A JSON object whose members are attributes too, as transports expect of a facet."""

    def __getattr__(self, name: str) -> object:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def _event(document: _Document) -> "Event":
    """Return *document* as an event: by its class a transport decides, on a Kafka key for one."""
    from openlineage.client import event_v2

    common = {"eventTime": document["eventTime"], "producer": document["producer"]}
    lists = {side: document.get(side, []) for side in ("inputs", "outputs")}
    job = document.get("job")
    if "run" in document:
        return event_v2.RunEvent(
            **common,
            **lists,
            eventType=document.get("eventType"),
            run=event_v2.Run(**document["run"]),
            job=event_v2.Job(**document["job"]),
        )
    if job is not None:
        return event_v2.JobEvent(**common, **lists, job=event_v2.Job(**job))
    return event_v2.DatasetEvent(**common, dataset=event_v2.StaticDataset(**document["dataset"]))


def _check(config: Mapping[str, JsonValue], *, trusted: bool) -> None:
    from openlineage.client.transport import get_default_factory

    known = sorted(get_default_factory().transports)
    problems = []
    for where, kind in _kinds(config, "transport"):
        if not kind:
            problems.append(Problem("the type of a transport is missing", where))
        elif kind not in known and not trusted:
            fix = f"use one of {', '.join(known)}"
            problems.append(Problem(f"unknown transport {kind!r}", where, fix))
    if problems:
        raise ConfigurationError(*problems)


def _kinds(config: Mapping[str, JsonValue], where: str) -> list[tuple[str, str]]:
    """Return the type of every transport in *config*, nested ones too, and where it stands."""
    found = [(f"{where}.type", str(config.get("type") or ""))]
    inner = config.get("transports", [])
    listed = inner.items() if isinstance(inner, dict) else enumerate(inner or [])  # type: ignore[arg-type]
    for name, item in listed:
        if isinstance(item, dict):
            found += _kinds(item, f"{where}.transports.{name}")
    single = config.get("transport")
    if isinstance(single, dict):
        found += _kinds(single, f"{where}.transport")
    return found


def _words(error: Exception) -> str:
    """Return the kind of *error* alone: its text may quote a configuration with its secrets."""
    return f"{type(error).__module__}.{type(error).__qualname__}"
