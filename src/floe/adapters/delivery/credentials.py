"""Where credentials come from: asked at the moment of sending, so they are never on disk."""

from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import unquote

from pydantic import JsonValue

from floe.domain.model.errors import ConfigurationError, EnvironmentNotReadyError, Problem

Credentials: TypeAlias = Callable[[], Mapping[str, str]]
"""Returns the headers that prove who we are; may raise ``EnvironmentNotReadyError``."""


def bearer_from(variable: str, environ: Mapping[str, str]) -> Credentials:
    """Return credentials that read a bearer token from *variable* each time.

    Raises, when asked:
        EnvironmentNotReadyError: The variable is not set, or empty.
    """

    def ask() -> Mapping[str, str]:
        return {"Authorization": f"Bearer {_value(variable, environ).strip()}"}

    return ask


def headers_from(variable: str, environ: Mapping[str, str]) -> Credentials:
    """Return credentials that read ``name=value,name=value`` from *variable* each time.

    The format is that of ``OTEL_EXPORTER_OTLP_HEADERS``: values are quoted as in URLs.

    Raises, when asked:
        EnvironmentNotReadyError: The variable is not set, or empty.
    """

    def ask() -> Mapping[str, str]:
        pairs = (pair.partition("=") for pair in _value(variable, environ).split(","))
        return {
            name.strip().lower(): unquote(value.strip()) for name, _, value in pairs if name.strip()
        }

    return ask


def from_provider(auth: Mapping[str, JsonValue]) -> Credentials:
    """Return credentials of one of openlineage-python's own token providers.

    *auth* is what its users write under ``transport.auth``; ``type`` is ``api_key``, ``jwt`` or
    ``oauth2``. A class path, which its client would import, is not followed.

    Raises:
        ConfigurationError: The type is not one of these, or a field is missing.
    """
    from openlineage.client.transport.http import (
        ApiKeyTokenProvider,
        JwtTokenProvider,
        OAuth2ClientCredentialsTokenProvider,
    )

    providers = {
        "api_key": ApiKeyTokenProvider,
        "jwt": JwtTokenProvider,
        "oauth2": OAuth2ClientCredentialsTokenProvider,
    }
    kind = str(auth.get("type", ""))
    if kind not in providers:
        problem = Problem(f"unknown authentication {kind!r}", "auth.type", _one_of(providers))
        raise ConfigurationError(problem)
    try:
        provider = providers[kind]({name: str(value) for name, value in auth.items()})
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            Problem(str(error.args[0] if error.args else error), "auth")
        ) from None

    def ask() -> Mapping[str, str]:
        bearer = provider.get_bearer()
        return {"Authorization": bearer} if bearer else {}

    return ask


def _value(variable: str, environ: Mapping[str, str]) -> str:
    value = environ.get(variable, "")
    if not value.strip():
        raise EnvironmentNotReadyError(Problem(f"the variable {variable} is not set"))
    return value


def _one_of(names: Mapping[str, object]) -> str:
    return f"use one of {', '.join(names)}"
