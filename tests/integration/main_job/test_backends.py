"""Backends never change what becomes of a run; switched off they open nothing."""

import textwrap
from pathlib import Path

import pytest

from floe.testing.openlineage_rules import breaches
from tests.integration.main_job.conftest import Shop

WATCH = textwrap.dedent(
    """
    import os, socket, sys

    def watch(event, arguments):
        if event not in ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"):
            return
        first = arguments[0]
        if isinstance(first, socket.socket) and first.family == socket.AF_UNIX:
            return
        if event == "socket.bind" and arguments[1] == ("::1", 0):
            return  # urllib3, which dbt imports, asks whether there is IPv6
        descriptor = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{event} {arguments[1:]}\\n".encode())
        os.close(descriptor)

    if "WATCHED" in os.environ:
        sys.addaudithook(watch)
    """
)


@pytest.mark.parametrize("orchestrator", ["direct", "dagster"])
def test_a_run_with_everything_off_opens_no_socket(
    shop: Shop, tmp_path: Path, orchestrator: str
) -> None:
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH)
    watched = tmp_path / "sockets.txt"
    shop.settings("orchestrator: dagster\n")

    ended = shop.floe(
        "run",
        "-s",
        "fares",
        "--orchestrator",
        orchestrator,
        "--output",
        "plain",
        PYTHONPATH=str(tmp_path / "watch"),
        WATCHED=str(watched),
    )

    assert ended.code == 0, ended.err
    assert not watched.exists(), watched.read_text()
    assert shop.events == []


def test_the_watch_sees_a_socket(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH)
    watched = tmp_path / "sockets.txt"
    shop.settings("lineage: {kind: http, url: 'http://127.0.0.1:9/api/v1/lineage'}\n")

    ended = shop.floe(
        "run",
        "-s",
        "fares",
        "--orchestrator",
        "direct",
        "--output",
        "plain",
        PYTHONPATH=str(tmp_path / "watch"),
        WATCHED=str(watched),
    )

    assert ended.code == 0, ended.err
    assert "socket.connect" in watched.read_text()


def test_a_backend_that_is_away_changes_nothing_and_gets_everything_later(shop: Shop) -> None:
    shop.settings("lineage: {kind: http, url: 'http://127.0.0.1:9/api/v1/lineage'}\n")

    away = shop.floe("run", "-s", "fares", "--orchestrator", "direct", "--output", "plain")
    shop.settings("lineage: {kind: file, path: .floe/lineage.jsonl}\n")
    back = shop.floe("lineage", "replay")

    assert away.code == 0
    assert "waiting" in away.err
    assert back.code == 0, back.out
    assert breaches(shop.events) == []
    assert {event["eventType"] for event in shop.events} == {"START", "COMPLETE"}


def test_a_contract_that_forbids_lineage_wins_over_the_settings(shop: Shop) -> None:
    contract = shop.folder / "floe.yaml"
    contract.write_text(contract.read_text().replace("emit_lineage: true", "emit_lineage: false"))

    ended = shop.floe("run", "-s", "fares", "--orchestrator", "direct", "--output", "plain")

    assert ended.code == 0
    assert shop.events == []
