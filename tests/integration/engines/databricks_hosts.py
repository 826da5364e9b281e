"""Databricks' workspace, as its own adapter, connector and SDK ask it, and Microsoft's login.

Its warehouse is a Spark Thrift server. It lets in whoever has the token, and hands the token out
to service principals, to workloads with an identity of their own, and to a user in a browser.
"""

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode

from tests.integration.engines.browser import is_signed_in
from tests.integration.engines.spark_cluster import ThriftServer
from tests.integration.engines.thrift_by_http import warehouse
from tests.integration.engines.web import Answer, Request, Service, redirect, told

HOST = "adb-1.2.azuredatabricks.net"
HTTP_PATH = "/sql/1.0/warehouses/local"
CLIENT = ("floe", "dose-canary-client-secret")
AZURE_CLIENT = {"client_id": "floe-azure", "client_secret": "canary-azure-secret"}
WORKLOAD = "canary-workload-identity"
_TENANT = "00000000-0000-0000-0000-00000000f10e"
_ADDRESS = f"https://{HOST}"
_CODE = "canary-code"
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


class Databricks:
    """A workspace that takes *token*, in front of *server*."""

    def __init__(self, server: ThriftServer, token: str) -> None:
        self._token = token
        self._challenge = ""
        self._warehouse = warehouse(server, lambda request: request.bearer == token)
        self._paths: Mapping[str, Service] = {
            HTTP_PATH: self._warehouse,
            "/.well-known/databricks-config": self._configuration,
            "/oidc/.well-known/oauth-authorization-server": self._endpoints,
            "/oidc/v1/authorize": self._ask_the_user,
            "/oidc/v1/token": self._hand_out,
            "/aad/auth": self._name_the_tenant,
        }

    @property
    def hosts(self) -> Mapping[str, Service]:
        return {HOST: self._workspace, "login.microsoftonline.com": self._microsoft}

    def _workspace(self, request: Request) -> Answer:
        service = self._paths.get(request.path)
        return Answer(404) if service is None else service(request)

    def _configuration(self, _request: Request) -> Answer:
        return told(oidc_endpoint=f"{_ADDRESS}/oidc", host_type="workspace")

    def _endpoints(self, _request: Request) -> Answer:
        return told(
            authorization_endpoint=f"{_ADDRESS}/oidc/v1/authorize",
            token_endpoint=f"{_ADDRESS}/oidc/v1/token",
        )

    def _ask_the_user(self, request: Request) -> Answer:
        asked = request.query
        self._challenge = asked["code_challenge"]
        said = {"code": _CODE} if is_signed_in(request) else {"code": "none"}
        return redirect(f"{asked['redirect_uri']}?{urlencode({**said, 'state': asked['state']})}")

    def _hand_out(self, request: Request) -> Answer:
        said = request.form
        proven = {
            "client_credentials": request.basic == CLIENT,
            _EXCHANGE: said.get("subject_token") == WORKLOAD,
            "authorization_code": said.get("code") == _CODE and self._is_verified(said),
        }
        return self._given(proven.get(said["grant_type"], False))

    def _is_verified(self, said: Mapping[str, str]) -> bool:
        digest = hashlib.sha256(said["code_verifier"].encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=") == self._challenge

    def _name_the_tenant(self, _request: Request) -> Answer:
        return redirect(f"https://login.microsoftonline.com/{_TENANT}/oauth2/authorize")

    def _microsoft(self, request: Request) -> Answer:
        said = {**request.form}
        if request.basic is not None:
            said["client_id"], said["client_secret"] = request.basic
        return self._given(_TENANT in request.path and AZURE_CLIENT.items() <= said.items())

    def _given(self, known: bool) -> Answer:  # noqa: FBT001 - whether it was proven
        if not known:
            return told(401, error="invalid_client", error_description="not who you say you are")
        return told(access_token=self._token, token_type="Bearer", expires_in=3600)  # noqa: S106
