"""Google's own hosts, as far as its library asks them to sign in, and Microsoft's for its users."""

import json
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from google.auth import jwt

from tests.integration.engines.web import Answer, Request, Service, told

EMAIL = "floe@acme.iam.gserviceaccount.com"
CLIENT = {"client_id": "floe", "client_secret": "canary-client-secret"}
REFRESH_TOKEN = "canary-refresh-token"  # noqa: S105 - invented
LOWLY_REFRESH_TOKEN = "canary-lowly-refresh-token"  # noqa: S105 - invented
"""Of a user who may do nothing but speak for the service account."""
ENTRA_SECRET = "client_id=floe&client_secret=canary-entra"  # noqa: S105 - invented
REFUSALS = (
    "not who you say you are|may not speak for|Invalid Credentials"
    "|necessary fields need to refresh|401 Client Error"
)
"""What the hosts say to whoever lacks something, and what the libraries make of it."""
_LOWLY = "canary-lowly-token"
_OF_ENTRA = "canary-entra-token"
_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - where tokens are, not one
_NEVER = "2100-01-01T00:00:00Z"


class Google:
    """Hand out *token* to whoever proves to be who they say."""

    def __init__(self, token: str, private_key: str) -> None:
        self._token = token
        self._public_key = _public(private_key)

    @property
    def hosts(self) -> Mapping[str, Service]:
        return {
            "oauth2.googleapis.com": self._sign_in,
            "iamcredentials.googleapis.com": self._impersonate,
            "sts.googleapis.com": self._federate,
            "login.example.com": self._entra,
        }

    def _sign_in(self, request: Request) -> Answer:
        said = request.form
        if "assertion" in said:
            return self._given(self._is_signed(said["assertion"]), self._token)
        users = {REFRESH_TOKEN: self._token, LOWLY_REFRESH_TOKEN: _LOWLY}
        known = CLIENT.items() <= said.items() and said["refresh_token"] in users
        return self._given(known, users.get(said["refresh_token"], ""))

    def _is_signed(self, assertion: str) -> bool:
        try:
            claims = jwt.decode(assertion, certs=self._public_key, audience=_TOKEN_URI)
        except ValueError:
            return False
        return bool(claims["iss"] == EMAIL)

    def _impersonate(self, request: Request) -> Answer:
        if request.bearer != _LOWLY or f"/{EMAIL}:" not in request.path:
            return told(403, error={"message": "may not speak for this account"})
        return told(accessToken=self._token, expireTime=_NEVER)

    def _federate(self, request: Request) -> Answer:
        asked = request.form
        return self._given(asked.get("subject_token") == _OF_ENTRA, self._token)

    def _entra(self, request: Request) -> Answer:
        return self._given(request.body.decode() == ENTRA_SECRET, _OF_ENTRA)

    def _given(self, known: bool, token: str) -> Answer:  # noqa: FBT001 - whether it was proven
        if not known:
            return told(401, error="invalid_grant", error_description="not who you say you are")
        return told(
            access_token=token,
            expires_in=3600,
            token_type="Bearer",  # noqa: S106 - a kind
            issued_token_type="urn:ietf:params:oauth:token-type:access_token",  # noqa: S106 - a kind
        )


def user_file(folder: Path, name: str, refresh_token: str, **other: str) -> Path:
    """Write what ``gcloud auth application-default login`` leaves behind."""
    path = folder / f"{name}.json"
    said = {"type": "authorized_user", "refresh_token": refresh_token, **CLIENT, **other}
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


def _public(private_key: str) -> bytes:
    key = serialization.load_pem_private_key(private_key.encode(), None)
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
