"""Writers and drainers are killed at random moments; what they acknowledged is the judge."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from floe.adapters.delivery.http import HttpDeliverer
from floe.adapters.delivery.sender import BackgroundSender
from floe.adapters.delivery.sqlite_outbox import SqliteOutbox
from floe.domain.use_cases.deliver import recover, replay
from floe.testing.fault_server import FaultServer, Mode

KILLS = 60
BATCH = 50
"""Events that may be on the way when a sender is killed."""
_FORK_SERVER = """
import itertools, json, os, signal, sys, time
from pathlib import Path
from floe.adapters.delivery.http import HttpDeliverer
from floe.adapters.delivery.openlineage_http import OpenLineageHttpDeliverer
from floe.adapters.delivery.sender import BackgroundSender
from floe.adapters.delivery.sqlite_outbox import SqliteOutbox
from floe.domain.model.delivery import PayloadKind
from floe.testing.outbox import envelope

def write(outbox, name):
    for run in itertools.count():
        time.sleep(0.0005)  # a put takes so little that there would be too many to deliver
        key = f"{name}-{run}"
        will = envelope(json.dumps(f"{key} will"), key=key, kind=PayloadKind.LINEAGE_END)
        outbox.put(envelope(json.dumps(f"{key} start"), key=key), last_will=will)
        os.write(1, f"{key} start\\n".encode())
        outbox.put(envelope(json.dumps(f"{key} end"), key=key, kind=PayloadKind.LINEAGE_END))
        os.write(1, f"{key} end\\n".encode())

def drain(outbox, http):
    sender = BackgroundSender(outbox, {"backend": http})
    while True:
        sender.wake()
        time.sleep(0.005)

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    role, argument = line.split()
    if (child := os.fork()) == 0:
        outbox = SqliteOutbox(Path(sys.argv[1]))
        if role == "write":
            write(outbox, argument)
        else:
            http = HttpDeliverer(argument)
            drain(outbox, http if role == "drain" else OpenLineageHttpDeliverer(http))
        os._exit(0)
    os.write(1, f"pid {child}\\n".encode())
"""


def test_kills_at_random_moments_lose_nothing_and_change_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - a test that can be repeated
    ledger = tmp_path / "ledger"
    with FaultServer(Mode.FLAPPING, batches=True) as backend, ledger.open("wb") as out:
        server = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", _FORK_SERVER, str(tmp_path / "state")],
            stdin=subprocess.PIPE,
            stdout=out,
            text=True,
        )
        for number in range(KILLS):
            drain = "drain" if number % 2 else "batch"
            role = f"{drain} {backend.url}" if number % 3 == 2 else f"write w{number}"
            pid = _spawn(server, role, ledger, number)
            time.sleep(chance.uniform(0.005, 0.12))
            os.kill(pid, signal.SIGKILL)
        assert server.stdin is not None
        server.stdin.close()
        server.wait(20)
        _let_everything_out(tmp_path / "state", backend)
        received = [json.loads(body) for body in backend.bodies]

    acknowledged = [line for line in ledger.read_text().splitlines() if "pid" not in line]
    by_run: dict[str, list[str]] = defaultdict(list)
    for body in received:
        by_run[body.split()[0]].append(body.split()[1])
    repeated = len(received) - len(set(received))

    assert len(acknowledged) > KILLS
    assert set(acknowledged) - set(received) == set()
    assert all(words[0] == "start" for words in by_run.values())
    assert all(len({"end", "will"} & set(words)) == 1 for words in by_run.values())
    for words in by_run.values():
        assert words == sorted(words, key=["start", "end", "will"].index)
    assert repeated <= KILLS * BATCH


def _spawn(server: "subprocess.Popen[str]", role: str, ledger: Path, number: int) -> int:
    assert server.stdin is not None
    server.stdin.write(role + "\n")
    server.stdin.flush()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        pids = [line for line in ledger.read_text().splitlines() if line.startswith("pid ")]
        if len(pids) > number:
            return int(pids[number].split()[1])
        time.sleep(0.002)
    raise AssertionError("the process did not start")


def _let_everything_out(state: Path, backend: FaultServer) -> None:
    backend.mode = Mode.OK
    outbox = SqliteOutbox(state)
    recover(outbox=outbox)
    sender = BackgroundSender(outbox, {"backend": HttpDeliverer(backend.url)})
    replay(upkeep=outbox, sender=sender, timeout_s=60)
    assert [(item.waiting, item.refused, item.dropped) for item in outbox.reports()] == [(0, 0, 0)]
    outbox.close()
