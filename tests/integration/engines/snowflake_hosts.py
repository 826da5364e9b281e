"""Snowflake's own host, and those that vouch for a user or a workload, in front of fakesnow.

fakesnow lets everyone in, so who signs in is looked at before: each way's password, token or
signature is compared with the right one.
"""

import base64
import gzip
import http.client
import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tests.integration.engines.amazon import is_signed
from tests.integration.engines.browser import is_signed_in
from tests.integration.engines.process import LOOPBACK
from tests.integration.engines.web import Answer, Request, Service, redirect, told

HOST = "acme-eu.snowflakecomputing.com"
PASSWORD = "canary-password"  # noqa: S105 - invented, like those that follow
TOKEN = "canary-token"  # noqa: S105
REFRESH_TOKEN = "canary-refresh-token"  # noqa: S105
CLIENT = ("floe", "canary-client-secret")
_OF_A_BROWSER = "canary-browser-token"
_ONCE = "canary-once"
_ASSERTION = "canary-saml"


def workload(subject: str) -> str:
    """Return what an identity provider says of the workload *subject*."""
    claims = {"iss": "https://idp.example.com", "sub": subject}
    return jwt.encode(claims, "of the provider, for one test only", algorithm="HS256")


class Snowflake:
    """Let in who proves to be who they say, to the fakesnow on *port*."""

    def __init__(self, port: int, public_keys: tuple[RSAPublicKey, ...]) -> None:
        self._port = port
        self._public_keys = public_keys

    @property
    def hosts(self) -> Mapping[str, Service]:
        return {
            HOST: self._account,
            "acme.okta.com": self._okta,
            "169.254.169.254": self._azure,
            "metadata.google.internal": self._google,
        }

    def _account(self, request: Request) -> Answer:
        if request.path == "/session/v1/login-request":
            return self._forward(request) if self._is_known(_data(request)) else _REFUSED
        if request.path == "/session/authenticator-request":
            return told(success=True, data=_where_to_sign_in(_data(request)))
        if request.path == "/oauth/token-request":
            known = request.basic == CLIENT and request.form["refresh_token"] == REFRESH_TOKEN
            return told(access_token=TOKEN) if known else told(401, error="invalid_client")
        if request.path == "/console/login":
            token = _OF_A_BROWSER if is_signed_in(request) else "none"
            port = request.query["browser_mode_redirect_port"]
            return redirect(f"http://localhost:{port}/?token={token}")
        return self._forward(request)

    def _is_known(self, data: Mapping[str, Any]) -> bool:
        said = str(data.get("TOKEN"))
        if "RAW_SAML_RESPONSE" in data:
            return f'value="{_ASSERTION}"' in data["RAW_SAML_RESPONSE"]
        proven: dict[str, Callable[[], bool]] = {
            "SNOWFLAKE": lambda: data.get("PASSWORD") == PASSWORD,
            "USERNAME_PASSWORD_MFA": lambda: data.get("PASSWORD") == PASSWORD,
            "SNOWFLAKE_JWT": lambda: any(_is_signed(said, key) for key in self._public_keys),
            "OAUTH": lambda: said == TOKEN,
            "PROGRAMMATIC_ACCESS_TOKEN": lambda: said == TOKEN,
            "EXTERNALBROWSER": lambda: said == _OF_A_BROWSER,
            "WORKLOAD_IDENTITY": lambda: _is_the_workload(data["PROVIDER"], said),
        }
        return proven[data.get("AUTHENTICATOR", "SNOWFLAKE").upper()]()

    def _okta(self, request: Request) -> Answer:
        if request.path == "/api/v1/authn":
            known = json.loads(request.body)["password"] == PASSWORD
            return told(sessionToken=_ONCE) if known else told(401, errorSummary="not known")
        assertion = _ASSERTION if request.query.get("onetimetoken") == _ONCE else "none"
        back = escape(f"https://{HOST}:443/fed/login")
        form = f'<form action="{back}"><input name="SAMLResponse" value="{assertion}"></form>'
        return Answer(body=form.encode(), kind="text/html")

    def _azure(self, request: Request) -> Answer:
        asked = request.query.get("resource")
        return told(access_token=workload("azure")) if asked == "api://floe" else Answer(400)

    def _google(self, _request: Request) -> Answer:
        return Answer(body=workload("gcp").encode(), kind="text/plain")

    def _forward(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=120)
        target = request.url.removeprefix(f"https://{HOST}")
        headers = {name: text for name, text in request.headers.items() if name != "Host"}
        connection.request(request.method, target, request.body, headers)
        said = connection.getresponse()
        body, kind = said.read(), said.headers.get("Content-Type", "")
        connection.close()
        return Answer(said.status, body, kind)


_REFUSED = told(success=False, code="390100", message="Incorrect username or password", data=None)


def _data(request: Request) -> Mapping[str, Any]:
    packed = request.headers.get("Content-Encoding") == "gzip"
    body = gzip.decompress(request.body) if packed else request.body
    data: Mapping[str, Any] = json.loads(body)["data"]
    return data


def _is_signed(token: str, key: RSAPublicKey) -> bool:
    try:
        jwt.decode(token, key, algorithms=["RS256"])
    except jwt.InvalidTokenError:
        return False
    return True


def _where_to_sign_in(data: Mapping[str, Any]) -> dict[str, str]:
    if data["AUTHENTICATOR"].upper() == "EXTERNALBROWSER":
        back = urlencode({"browser_mode_redirect_port": data["BROWSER_MODE_REDIRECT_PORT"]})
        return {"ssoUrl": f"https://{HOST}/console/login?{back}", "proofKey": "-"}
    return {
        "tokenUrl": "https://acme.okta.com/api/v1/authn",
        "ssoUrl": "https://acme.okta.com/app/snowflake/sso/saml",
    }


def _is_the_workload(provider: str, said: str) -> bool:
    if provider != "AWS":
        return said == workload(provider.lower())
    asked = json.loads(base64.b64decode(said))
    return is_signed(asked["method"], asked["url"], asked["headers"], b"")
