"""The address of a backend: what one may look like, and how one is completed."""

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

LINEAGE_PATH = "api/v1/lineage"
"""Where OpenLineage backends take events (OpenLineage 1.x)."""
_NO_URL = re.compile(r"[\s\x00-\x1f\x7f<>\"`\\]")
_TRACES_PATH = "/v1/traces"


def endpoint_fault(url: str) -> str | None:
    """Return what is wrong with *url* as the address of a backend, or None.

    The answer never repeats the address; of one with credentials it names the host.
    """
    if _NO_URL.search(url):
        return "must be an http or https URL without spaces or control characters"
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        return "must be an http or https URL with a host"
    if "@" in parts.netloc:
        return f"must not carry credentials (the host is {parts.hostname})"
    return None


def lineage_endpoint(url: str, path: str = "") -> str:
    """Return where to send events: *url*, with *path* added where it does not end in it already.

    Without *path*, a URL that has none itself gets the standard one; any other stays verbatim.
    """
    parts = urlsplit(url)
    if not path.strip("/"):
        path = "" if parts.path.strip("/") else LINEAGE_PATH
    wanted = f"/{path.strip('/')}" if path else ""
    if parts.path.rstrip("/").endswith(wanted):
        return url
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + wanted))


def otlp_base(url: str) -> str:
    """Return the base address of *url*, the complete address of the traces of a collector."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=path.removesuffix(_TRACES_PATH)))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
