"""Who is speaking: the attributes that stand once on every payload."""

import os
import socket
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from uuid import uuid4

from floe.adapters.otlp.attributes import clean
from floe.domain.model.tracing import AttributeValue

SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"
"""The semantic conventions whose names are used."""
SCOPE = "floe"
"""The name of the instrumentation scope of everything that floe measures."""
_LONGEST_SHOWN = 255


def floe_version() -> str:
    """Return the version of the installed package, or nothing where it runs from a checkout."""
    try:
        return version("floe")
    except PackageNotFoundError:
        return ""


def resource(
    service_name: str,
    *,
    environment: str | None = None,
    namespace: str | None = None,
    attributes: Mapping[str, str] | None = None,
) -> dict[str, AttributeValue]:
    """Return the resource of this process.

    *environment* is the deployment environment's name, *namespace* groups services. *attributes*,
    those of ``OTEL_RESOURCE_ATTRIBUTES`` say, win over what is worked out here, but for the name
    of the service, which has been decided by then.
    """
    return clean(
        {
            "service.instance.id": str(uuid4()),
            "service.version": floe_version() or None,
            "service.namespace": namespace,
            "deployment.environment.name": environment,
            "host.name": socket.gethostname()[:_LONGEST_SHOWN],
            "process.pid": os.getpid(),
            "telemetry.sdk.name": "floe.adapters.otlp",
            "telemetry.sdk.language": "python",
            "telemetry.sdk.version": floe_version() or None,
            **(attributes or {}),
            "service.name": service_name,
        }
    )
