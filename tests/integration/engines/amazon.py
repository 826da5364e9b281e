"""What Amazon looks at before it answers: whether a request is signed with the right key."""

import re
from collections.abc import Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "eu-west-1"
KEY = {
    "AWS_ACCESS_KEY_ID": "AKIACANARYCANARYCANA",
    "AWS_SECRET_ACCESS_KEY": "canary-aws-secret",
}
_SIGNED = re.compile(
    r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]+)"
)


def is_signed(method: str, url: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Sign the request once more with the right key, and compare (AWS Signature Version 4)."""
    said = {name.lower(): text for name, text in headers.items()}
    found = _SIGNED.search(said.get("authorization", ""))
    if found is None or found["key"] != KEY["AWS_ACCESS_KEY_ID"]:
        return False
    signed = {name: said[name] for name in found["headers"].split(";")}
    asked = AWSRequest(method, url, headers=signed, data=body)
    asked.context["timestamp"] = said["x-amz-date"]
    key = Credentials(KEY["AWS_ACCESS_KEY_ID"], KEY["AWS_SECRET_ACCESS_KEY"])
    signer = SigV4Auth(key, found["service"], found["region"])
    text = signer.string_to_sign(asked, signer.canonical_request(asked))
    return bool(signer.signature(text, asked) == found["signature"])
