"""What an HTTP answer means for the payload that was sent."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from floe.domain.model.delivery import Outcome, Verdict

_TRY_AGAIN = {408, 425, 429}
_NOT_US = {
    401: "the backend does not accept the credentials",
    402: "the backend asks for payment",
    403: "the backend does not allow this",
    404: "there is nothing at this address; is the path right?",
    405: "this address does not take POST; is the path right?",
    407: "the proxy asks for credentials",
    421: "this host does not serve that name",
}
_CONFLICT = 409
_FINAL, _REDIRECTS, _FAULTS_OF_OURS, _FAULTS_OF_THEIRS = 200, 300, 400, 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST_REASON = 300


def verdict_on(
    status: int, headers: Mapping[str, str], text: str, url: str, now: datetime
) -> Verdict:
    """Return the verdict for an answer with *status*, *headers* and the beginning of its body.

    A redirect is never success: a sign-in page would swallow every event. Whatever is not the
    fault of this one payload keeps it: only then can a repaired setting save it.
    """
    where = _host(url)
    if _FINAL <= status < _REDIRECTS or status == _CONFLICT:
        return Verdict(outcome=Outcome.DELIVERED, status=status)
    if _REDIRECTS <= status < _FAULTS_OF_OURS:
        target = _host(headers.get("location", "")) or "nowhere"
        reason = f"{where} redirects to {target}: a sign-in page? The address must be the final one"
        return Verdict(outcome=Outcome.PAUSE, status=status, reason=reason)
    if status in _NOT_US:
        reason = f"{where} answers {status}: {_NOT_US[status]}"
        return Verdict(outcome=Outcome.PAUSE, status=status, reason=reason)
    if status in _TRY_AGAIN or status >= _FAULTS_OF_THEIRS:
        return Verdict(
            outcome=Outcome.RETRY,
            status=status,
            reason=f"{where} answers {status}",
            retry_after_s=retry_after_s(headers.get("retry-after", ""), now),
        )
    if status >= _FAULTS_OF_OURS:
        reason = f"{where} refuses this payload ({status}): {_clean(text)}"
        return Verdict(outcome=Outcome.REFUSED, status=status, reason=reason)
    reason = f"{where} answers {status}, which is no final answer"
    return Verdict(outcome=Outcome.RETRY, status=status, reason=reason)


def retry_after_s(value: str, now: datetime) -> float | None:
    """Return the seconds that ``Retry-After`` asks for (RFC 9110), or None where it says nothing.

    It is a number of seconds or a date; garbage, and the past, say nothing.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = (moment - now).total_seconds()
    return seconds if seconds > 0 else None


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return f"{host}:{port}" if port else host


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()[:_LONGEST_REASON] or "without a reason"
