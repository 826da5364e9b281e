"""``floe dev`` serves the project, calls nobody, and ends with everything that it started."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.engines.process import LOOPBACK, accepts
from tests.integration.main_job.conftest import Shop
from tests.integration.main_job.dev_server import DevServer, serving

pytestmark = pytest.mark.engine

_ASSETS = "{ assetNodes { assetKey { path } description } }"
_WATCH = """\
import os, sys

def watch(event, args):
    if event == "socket.connect":
        address = args[1]
        where = address[0] if isinstance(address, tuple) else ""
    elif event == "socket.getaddrinfo":
        where = args[0] or ""
    else:
        return
    if isinstance(where, bytes):
        where = where.decode()
    if where and where != "localhost" and not where.startswith("127.") and where != "::1":
        with open(os.environ["CALLED"], "a") as file:
            file.write(f"{where}\\n")

sys.addaudithook(watch)
"""


@pytest.fixture
def watched(tmp_path: Path) -> dict[str, str]:
    """Return variables by which a Python process writes into ``$CALLED`` whom it calls."""
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch/sitecustomize.py").write_text(_WATCH)
    return {"PYTHONPATH": str(tmp_path / "watch"), "CALLED": str(tmp_path / "called")}


def descriptions(server: DevServer) -> dict[str, str]:
    nodes = server.ask(_ASSETS)["assetNodes"]
    return {"/".join(node["assetKey"]["path"]): node["description"] or "" for node in nodes}


def test_the_page_shows_what_changed_calls_nobody_and_ends_with_an_interrupt(
    shop: Shop, watched: dict[str, str]
) -> None:
    model = shop.folder / "dbt/models/marts/dim_routes.sql"
    with serving(shop.folder, **watched) as server:
        assert server.locations() == {"skerryline": "RepositoryLocation"}
        before = descriptions(server)
        model.write_text(model.read_text() + "\n-- as of today\n")
        server.reload()
        after = descriptions(server)
        code = server.stop()
        left = server.left_over()

    assert "fct_sailings" in before
    assert "as of today" not in before["dim_routes"]
    assert "as of today" in after["dim_routes"]
    assert not Path(watched["CALLED"]).exists()
    assert (code, left) == (0, [])
    assert not accepts(server.port)


def test_the_watch_of_the_test_above_sees_a_call(watched: dict[str, str]) -> None:
    call = "import socket; socket.getaddrinfo('127.0.0.1', 1); socket.getaddrinfo('192.0.2.1', 1)"

    subprocess.run([sys.executable, "-c", call], env=watched, check=True, timeout=60)  # noqa: S603

    assert Path(watched["CALLED"]).read_text() == "192.0.2.1\n"


def test_a_port_that_is_taken_is_one_message(shop: Shop) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        ended = shop.floe("dev", "--port", str(taken.getsockname()[1]))

    assert ended.code == 3
    first, fix = ended.err.splitlines()
    assert "in use" in first
    assert "--port" in fix


def test_a_slip_in_the_contract_is_one_message(shop: Shop) -> None:
    contract = shop.folder / "floe.yaml"
    contract.write_text(contract.read_text().replace("target: duckdb", "target: duckdbb"))

    ended = shop.floe("dev")

    assert ended.code == 2
    assert ended.err.count("error:") == 1
    assert "did you mean duckdb?" in ended.err
    assert "Traceback" not in ended.err


def test_a_model_that_dbt_cannot_parse_is_one_message(shop: Shop) -> None:
    model = shop.folder / "dbt/models/marts/dim_routes.sql"
    model.write_text("select * from {{ ref('no_such_model') }}")

    ended = shop.floe("dev")

    assert ended.code == 2
    assert ended.err.count("error:") == 1
    assert "no_such_model" in ended.err
    assert "Traceback" not in ended.err
