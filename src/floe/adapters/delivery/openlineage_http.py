"""OpenLineage events by HTTP: many in one request where the backend takes batches."""

import json
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, Field, ValidationError
from pydantic.alias_generators import to_camel

from floe.adapters.delivery.http import Answer, HttpDeliverer
from floe.domain.model.delivery import Envelope, Outcome, PayloadKind, Verdict

_SINGLE = "/lineage"
_LARGEST_BATCH = 1024 * 1024
"""Bytes: what a proxy with its usual settings lets pass."""
_TOO_LARGE = 413
_SHARES = (2, 4, 1_000_000)
"""What part of an event is tried when the whole is too large: at last what it must say."""
_NO_CONTENT = 204
_NO_SUCH_THING = {404, 405, 501}
_FAILED_BATCHES = 3


class OpenLineageHttpDeliverer:
    """Delivers through *http*, by ``POST /lineage/batch`` where the backend has that endpoint.

    The endpoint is that of the specification (OpenLineage.yml): an array of events in, and out
    either 204, or 200 with the index of each event that failed and whether it may be sent again.
    A backend that answers in any other way is taken for one without it: it gets those events, and
    all others of this process, one by one. So does one whose address does not end in
    ``/lineage``. An event is never held to be delivered because a batch was answered with some
    other 200.

    An event that is too large for the backend (413) is tried again at once with less in it, as
    *slimmed* says it in so many bytes. Without *batches* every event goes by itself.
    """

    def __init__(
        self,
        http: HttpDeliverer,
        *,
        batches: bool = True,
        slimmed: Callable[[bytes, int], bytes] | None = None,
    ) -> None:
        self._http = http
        self._batch_url = batch_url(http.url) if batches else None
        self._slimmed = slimmed
        self._largest = _LARGEST_BATCH
        self._failures = 0

    def deliver(self, envelope: Envelope) -> Verdict:
        """Deliver one event by itself, as much of it as the backend takes."""
        verdict = self._http.deliver(envelope)
        for share in _SHARES if self._slimmed is not None else ():
            if verdict.status != _TOO_LARGE or self._slimmed is None:
                break
            body = self._slimmed(envelope.body, len(envelope.body) // share)
            if len(body) < len(envelope.body):
                verdict = self._http.deliver(envelope.model_copy(update={"body": body}))
        return verdict

    def deliver_batch(self, envelopes: Sequence[Envelope]) -> Sequence[Verdict]:
        """Deliver as many of the first *envelopes* as one request may hold."""
        chosen = _fitting(envelopes, self._largest)
        if self._batch_url is None or len(chosen) == 1:
            return (self.deliver(envelopes[0]),)
        batch = _batch_of(chosen)
        answer = self._http.ask(batch, self._batch_url)
        verdicts = _verdicts(answer, len(chosen))
        if verdicts is None:
            self._give_up(answer.verdict, len(batch.body))
            return (self.deliver(envelopes[0]),)
        self._count(answer.verdict)
        return verdicts

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _give_up(self, verdict: Verdict, size: int) -> None:
        """Send smaller batches after one that was too large, and no more after any other."""
        if verdict.status == _TOO_LARGE:
            self._largest = size // 2
        else:
            self._batch_url = None

    def _count(self, verdict: Verdict) -> None:
        """Stop with batches that fail again and again while single events go through.

        A backend that is down is no reason: while it is, only one event at a time is tried.
        """
        self._failures = self._failures + 1 if verdict.outcome is Outcome.RETRY else 0
        if self._failures >= _FAILED_BATCHES:
            self._batch_url = None


def batch_url(url: str) -> str | None:
    """Return the address for batches beside *url*, the one for single events."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=f"{path}/batch")) if path.endswith(_SINGLE) else None


class _Failure(BaseModel):
    """An event of a batch that failed."""

    index: int = Field(ge=0)
    reason: str = ""
    retriable: bool = True


class _Summary(BaseModel):
    failed: int


class _BatchResponse(BaseModel):
    """The body of a 200; some backends write its names in camel case, or tell failures only."""

    model_config = {"alias_generator": to_camel, "populate_by_name": True}

    summary: _Summary | None = None
    failed_events: list[_Failure] = []

    @property
    def is_whole(self) -> bool:
        """Whether it accounts for every failure, of which there may be none."""
        told = len(self.failed_events)
        return bool(told) if self.summary is None else self.summary.failed == told


def _fitting(envelopes: Sequence[Envelope], largest: int) -> Sequence[Envelope]:
    """Return the first ones that fit into *largest* bytes together, one at least."""
    used = 2
    for number, envelope in enumerate(envelopes):
        used += len(envelope.body) + 1
        if used > largest:
            return envelopes[: max(number, 1)]
    return envelopes


def _batch_of(envelopes: Sequence[Envelope]) -> Envelope:
    """Return *envelopes* as one, whose id is the same for the same content."""
    first = envelopes[0]
    return Envelope(
        destination=first.destination,
        key="batch",
        kind=PayloadKind.LINEAGE_OTHER,
        body=b"[%b]" % b",".join(envelope.body for envelope in envelopes),
        created_at=first.created_at,
    )


def _verdicts(answer: Answer, count: int) -> Sequence[Verdict] | None:
    """Return the verdict on each of *count* events; None where there seems to be no endpoint."""
    verdict = answer.verdict
    status = verdict.status or 0
    if status == _NO_CONTENT:
        return [verdict] * count
    if verdict.outcome is Outcome.DELIVERED:
        return _partial(answer, count)
    refused = verdict.outcome is Outcome.REFUSED  # one bad event must not take the others along
    if refused or status in _NO_SUCH_THING:
        return None
    return [verdict] * count


def _partial(answer: Answer, count: int) -> Sequence[Verdict] | None:
    try:
        told = _BatchResponse.model_validate(json.loads(answer.text))
    except (ValueError, ValidationError):
        return None
    if not told.is_whole or any(failure.index >= count for failure in told.failed_events):
        return None
    verdicts = [answer.verdict] * count
    for failure in told.failed_events:
        verdicts[failure.index] = Verdict(
            outcome=Outcome.RETRY if failure.retriable else Outcome.REFUSED,
            reason=f"the backend did not take this event of a batch: {failure.reason[:300]}",
            status=answer.verdict.status,
        )
    return verdicts
