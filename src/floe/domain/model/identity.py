"""Ids that are functions of what they name, so that every observer gives the same ones.

A lineage run id, a trace id and a span id of the same node can be worked out from the run id and
the node alone: by another process, by SQL comments, or by a replay after a crash.
"""

from functools import lru_cache
from hashlib import md5, sha1, sha256
from uuid import UUID

_REMEMBERED = 256
"""Ids of runs and invocations are asked for again with every node."""
_FLOE = UUID("6a3f8dd3-61c0-5c4b-9b7e-0d5f6d3c9a11")


def name_based(namespace: UUID, name: bytes) -> str:
    """Return the text of the UUIDv5 of *name*, in a third of the time that ``uuid5`` takes."""
    text = sha1(namespace.bytes + name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(text[16], 16) % 4]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


@lru_cache(_REMEMBERED)
def invocation_run_id(run_id: str, invocation: str) -> str:
    """Return the lineage run id (UUIDv5) of one dbt invocation within the run *run_id*."""
    return name_based(_FLOE, f"{run_id}/{invocation}".encode())


def node_run_id(invocation_id: str, unique_id: str, attempt: int = 1) -> str:
    """Return the lineage run id (UUIDv5) of one attempt at the node *unique_id*."""
    return name_based(_FLOE, f"{invocation_id}/{unique_id}/{attempt}".encode())


@lru_cache(_REMEMBERED)
def trace_id(run_id: str) -> str:
    """Return 32 hexadecimal digits for *run_id*.

    A digest, not the UUID: ratio samplers read the low bytes of a trace id as a random number,
    and those of a UUID hold its fixed variant bits.
    """
    return sha256(run_id.encode()).hexdigest()[:32]


@lru_cache(_REMEMBERED)
def span_id(trace: str, name: str) -> str:
    """Return 16 hexadecimal digits for the span *name* (run, invocation) of the trace *trace*."""
    return _digest(f"{trace}/{name}")


def node_span_id(trace: str, invocation_span: str, unique_id: str) -> str:
    """Return 16 hexadecimal digits for the span of a node.

    dbt's Jinja can work out the same value: ``local_md5(trace ~ '-' ~ span ~ ':' ~ id)[:16]``.
    """
    return _digest(f"{trace}-{invocation_span}:{unique_id}")


def node_job_name(unique_id: str) -> str:
    """Return the lineage job ``{package}.{resource type}.{name}`` of a node.

    Of what it is, never of the command that ran it, so that run, build and test share a history.
    """
    resource_type, _, rest = unique_id.partition(".")
    package, _, name = rest.partition(".")
    return ".".join(part for part in (package, resource_type, name) if part)


def invocation_job_name(pipeline: str) -> str:
    """Return the lineage job that runs dbt for *pipeline*."""
    return f"{pipeline}.dbt"


def _digest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()[:16]
