"""Amazon's hosts that hand out a password for Redshift, or the token of an identity."""

import base64
import hashlib
import json
from collections.abc import Mapping
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from tests.integration.engines.amazon import REGION, is_signed
from tests.integration.engines.browser import is_signed_in
from tests.integration.engines.web import Answer, Request, Service, redirect, told

OKTA_CLIENT = "canary-okta-client"
ENTRA_SECRET = "client_id=floe&client_secret=canary-entra"  # noqa: S105 - invented
IDENTITY_TOKEN = "canary-identity-token"  # noqa: S105 - invented
_CODE = "canary-code"
_NEVER = 4_000_000_000


class Redshift:
    """Give *user* and *password* to whoever signs with the right key."""

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = password
        self._challenge = ""

    @property
    def hosts(self) -> Mapping[str, Service]:
        return {
            f"redshift.{REGION}.amazonaws.com": self._cluster,
            f"redshift-serverless.{REGION}.amazonaws.com": self._serverless,
            f"oidc.{REGION}.amazonaws.com": self._identity_center,
            "okta.example.com": self._okta,
            "login.example.com": self._entra,
        }

    def _cluster(self, request: Request) -> Answer:
        if not _is_signed(request):
            return _xml("<Error><Code>SignatureDoesNotMatch</Code></Error>", "Error", 403)
        action = request.form["Action"]
        if action == "DescribeCustomDomainAssociations":
            return _xml(
                "<Associations><Association><CertificateAssociations><CertificateAssociation>"
                "<ClusterIdentifier>shop</ClusterIdentifier></CertificateAssociation>"
                "</CertificateAssociations></Association></Associations>",
                action,
            )
        name, password = escape(self._user), escape(self._password)
        return _xml(
            f"<DbUser>{name}</DbUser><DbPassword>{password}</DbPassword>"
            "<Expiration>2100-01-01T00:00:00Z</Expiration>",
            action,
        )

    def _serverless(self, request: Request) -> Answer:
        if not _is_signed(request):
            return told(403, __type="AccessDeniedException", message="signed with another key")
        return told(dbUser=self._user, dbPassword=self._password, expiration=_NEVER)

    def _identity_center(self, request: Request) -> Answer:
        if request.path == "/client/register":
            return told(clientId="floe", clientSecret="-", clientSecretExpiresAt=_NEVER)
        if request.path == "/authorize":
            asked = request.query
            self._challenge = asked["code_challenge"]
            code = _CODE if is_signed_in(request) else "none"
            back = urlencode({"code": code, "state": asked["state"]})
            return redirect(f"{asked['redirect_uri']}?{back}")
        said = json.loads(request.body)
        digest = hashlib.sha256(said["codeVerifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if said["code"] != _CODE or challenge != self._challenge:
            return told(400, __type="InvalidGrantException", error="invalid_grant")
        return told(accessToken=IDENTITY_TOKEN, tokenType="Bearer", expiresIn=3600)

    def _okta(self, request: Request) -> Answer:
        known = request.headers.get("Authorization") == f"Basic {OKTA_CLIENT}"
        return told(access_token=IDENTITY_TOKEN) if known else told(401, error="invalid_client")

    def _entra(self, request: Request) -> Answer:
        known = request.body.decode() == ENTRA_SECRET
        return told(access_token=IDENTITY_TOKEN) if known else told(401, error="invalid_client")


def _is_signed(request: Request) -> bool:
    return is_signed(request.method, request.url, dict(request.headers.items()), request.body)


def _xml(content: str, action: str, status: int = 200) -> Answer:
    name = "http://redshift.amazonaws.com/doc/2012-12-01/"
    inside = content if status != 200 else f"<{action}Result>{content}</{action}Result>"
    body = f'<{action}Response xmlns="{name}">{inside}</{action}Response>'
    return Answer(status, body.encode(), "text/xml")
