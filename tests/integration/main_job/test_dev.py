"""``floe dev`` serves Dagster's web page on the project, and leaves nothing behind."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.integration.main_job.conftest import Shop, clean_environment

pytestmark = pytest.mark.engine

CHECKS = "assetChecksOrError { ... on AssetChecks { checks { name } } }"
QUERY = f"{{ assetNodes {{ assetKey {{ path }} {CHECKS} }} }}"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def asked(port: int) -> dict[str, object]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": QUERY}).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the loopback
        found: dict[str, object] = json.load(answer)
        return found


def answer_of(process: subprocess.Popen[bytes], port: int) -> str:
    """Return the first answer that holds assets; the code location takes a moment to load."""
    for _ in range(150):
        assert process.poll() is None
        try:
            text = json.dumps(asked(port))
        except OSError:
            text = ""
        if "fct_sailings" in text:
            return text
        time.sleep(1)
    return ""


def test_the_page_knows_the_assets_and_ends_with_an_interrupt(shop: Shop, tmp_path: Path) -> None:
    port = free_port()
    with (tmp_path / "log.txt").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "floe", "dev", "--port", str(port)],
            cwd=shop.folder,
            env=clean_environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            text = answer_of(process, port)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)

    assert "fct_sailings" in text
    assert "unique_fct_sailings_sailing_id" in text
    with pytest.raises(OSError, match="refused"):
        asked(port)
