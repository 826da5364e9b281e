"""A user's browser, as a program: it opens an address and goes where it is sent.

Libraries that sign in by browser find it by the variable ``BROWSER``. The user is known to the
sites by a cookie, which is in ``FLOE_BROWSER_SESSION``; whoever has another is not let in.
"""

import os
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError, URLError

from tests.integration.engines.web import Request

SESSION = "canary-browser-session"
_VARIABLE = "FLOE_BROWSER_SESSION"
_SECONDS = 60


def environment(session: str = SESSION) -> dict[str, str]:
    """Return the variables by which a library finds the browser of the user with *session*."""
    root = str(Path(__file__).parents[3])
    command = f"{sys.executable} -m {__name__} %s &"
    return {"BROWSER": command, "PYTHONPATH": root, _VARIABLE: session}


def is_signed_in(request: Request) -> bool:
    """Return whether *request* comes from the browser of the user."""
    return request.headers.get("Cookie") == f"session={SESSION}"


def _open(address: str) -> None:
    """Open *address*; the program that listens for the end of it may not be there yet."""
    asked = urllib.request.Request(  # noqa: S310 - whatever the library says
        address, headers={"Cookie": f"session={os.environ[_VARIABLE]}"}
    )
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(asked, timeout=_SECONDS).read()  # noqa: S310 - likewise
        except HTTPError:
            return
        except (URLError, ConnectionError):
            time.sleep(0.5)
        else:
            return


if __name__ == "__main__":
    _open(sys.argv[1])
