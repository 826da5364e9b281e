"""Processes are killed at random moments; what they acknowledged before is the judge."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from floe.adapters.delivery.http import HttpDeliverer
from floe.adapters.delivery.openlineage_http import OpenLineageHttpDeliverer
from floe.adapters.delivery.sender import BackgroundSender
from floe.adapters.delivery.sqlite_outbox import SqliteOutbox
from floe.adapters.openlineage.last_will import ended
from floe.domain.use_cases.deliver import as_written, recover, replay
from floe.testing.fault_server import FaultServer, Mode
from floe.testing.openlineage_rules import run_cycle_breaches

KILLS = 60
LEFT_OPEN = 10
"""Runs, of those that were killed, that must have been under way: about half of them are."""
BATCH = 50
"""Events that may be on the way when a sender is killed."""
_FORK_SERVER = """
import itertools, json, os, signal, sys, time
from pathlib import Path
from floe.adapters.delivery.sqlite_outbox import SqliteOutbox

def acknowledge(line):
    os.write(1, f"{line}\\n".encode())

def serve(**roles):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        role, argument = line.split()
        if os.fork() == 0:
            roles[role](SqliteOutbox(Path(sys.argv[1])), argument)
"""
_WRITERS_AND_DRAINERS = """
from floe.adapters.delivery.http import HttpDeliverer
from floe.adapters.delivery.openlineage_http import OpenLineageHttpDeliverer
from floe.adapters.delivery.sender import BackgroundSender
from floe.domain.model.delivery import PayloadKind
from floe.testing.outbox import envelope

def write(outbox, name):
    for run in itertools.count():
        key = f"{name}-{run}"
        will = envelope(json.dumps(f"{key} will"), key=key, kind=PayloadKind.LINEAGE_END)
        outbox.put(envelope(json.dumps(f"{key} start"), key=key), last_will=will)
        acknowledge(f"{key} start")
        if run == 0:
            acknowledge(f"pid {os.getpid()}")
        time.sleep(0.001)  # a put takes so little that there would be too many to deliver
        outbox.put(envelope(json.dumps(f"{key} end"), key=key, kind=PayloadKind.LINEAGE_END))
        acknowledge(f"{key} end")

def drain(outbox, url, deliverer=HttpDeliverer):
    sender = BackgroundSender(outbox, {"backend": deliverer(url)})
    sender.wake()
    acknowledge(f"pid {os.getpid()}")
    while True:
        time.sleep(0.005)
        sender.wake()

def batch(outbox, url):
    drain(outbox, url, lambda url: OpenLineageHttpDeliverer(HttpDeliverer(url)))

serve(write=write, drain=drain, batch=batch)
"""
_OBSERVED_RUNS = """
from datetime import timedelta
from uuid import uuid5, NAMESPACE_URL
from floe.adapters.delivery.http import HttpDeliverer
from floe.adapters.delivery.sender import BackgroundSender
from floe.adapters.noop import NoOpTracer
from floe.adapters.openlineage.column_lineage import ColumnLineage
from floe.adapters.openlineage.emitter import OpenLineageEmitter
from floe.domain.model.node_event import InvocationStarted, NodeFinished, NodeStarted
from floe.domain.model.pipeline import Governance
from floe.domain.model.redaction import Redactor
from floe.domain.use_cases.observe import observe
from tests.fakes import NOON, context, finished, graph, node, started
from tests.unit.adapters.openlineage.emitting import profile

SQL = "select id from shop.main.raw"
RAW = node("seed.shop.raw", columns={"id": {"data_type": "int"}})
MODELS = [node(f"model.shop.m{i}", RAW.unique_id, compiled_code=SQL) for i in range(500)]
GRAPH = graph(RAW, *MODELS)

def events():
    yield InvocationStarted(at=NOON, invocation_id="i", dbt_version="1.11.0")
    for model in MODELS:
        yield started(model.unique_id)
        time.sleep(0.002)
        yield finished(model.unique_id, compiled_code=SQL)

def run(outbox, argument):
    name, url = argument.split(",")
    emitter = OpenLineageEmitter(
        outbox,
        BackgroundSender(outbox, {"backend": HttpDeliverer(url)}),
        destination="backend",
        profile=profile(),
        redactor=Redactor(),
        column_lineage=ColumnLineage(GRAPH, governance=Governance()),
    )
    this = context(run_id=str(uuid5(NAMESPACE_URL, name)))
    told = observe(
        events(), context=this, graph=GRAPH, lineage=emitter, tracer=NoOpTracer(),
        redactor=Redactor(),
    )
    for number, event in enumerate(told):
        if isinstance(event, NodeStarted | NodeFinished):
            state = "START" if isinstance(event, NodeStarted) else "COMPLETE"
            acknowledge(f"{this.node_run_id(event.unique_id)} {state}")
        if number == 3:
            acknowledge(f"pid {os.getpid()}")

serve(run=run)
"""


def test_kills_at_random_moments_lose_nothing_and_change_nothing(tmp_path: Path) -> None:
    def role(number: int, url: str) -> str:
        drain = "drain" if number % 2 else "batch"
        return f"{drain} {url}" if number % 3 == 2 else f"write w{number}"

    acknowledged, received = _killed(tmp_path, _WRITERS_AND_DRAINERS, role, KILLS)

    by_run: dict[str, list[str]] = defaultdict(list)
    for body in received:
        by_run[body.split()[0]].append(body.split()[1])
    repeated = len(received) - len(set(received))

    assert len({line.split("-")[0] for line in acknowledged}) == KILLS * 2 / 3
    assert set(acknowledged) - set(received) == set()
    assert all(words[0] == "start" for words in by_run.values())
    assert all(len({"end", "will"} & set(words)) == 1 for words in by_run.values())
    for words in by_run.values():
        assert words == sorted(words, key=["start", "end", "will"].index)
    assert sum("will" in words for words in by_run.values()) >= LEFT_OPEN
    assert repeated <= KILLS * BATCH


def test_no_event_of_a_node_that_was_reported_is_lost_when_its_run_is_killed(
    tmp_path: Path,
) -> None:
    acknowledged, received = _killed(
        tmp_path, _OBSERVED_RUNS, lambda number, url: f"run r{number},{url}", KILLS, ended
    )

    by_event: dict[str, set[str]] = defaultdict(set)
    for event in received:
        key = f"{event['run']['runId']} {event['eventType']}"
        by_event[key].add(json.dumps(event, sort_keys=True))
    told_once = [json.loads(min(bodies)) for bodies in by_event.values()]
    aborted = [event for event in told_once if event["eventType"] == "ABORT"]

    assert set(acknowledged) - by_event.keys() == set()
    assert [key for key, bodies in by_event.items() if len(bodies) > 1] == []
    assert list(run_cycle_breaches(told_once)) == []
    assert sum(event["job"]["name"] == "shop.dbt" for event in aborted) == KILLS
    assert sum(event["job"]["name"] != "shop.dbt" for event in aborted) >= LEFT_OPEN


def _killed(
    tmp_path: Path,
    program: str,
    role: Callable[[int, str], str],
    kills: int,
    stamp: Callable[[bytes, datetime], bytes] = as_written,
) -> tuple[list[str], list[Any]]:
    """Kill *kills* processes in their roles; return what they said, and what the backend got."""
    chance = random.Random(7)  # noqa: S311 - a test that can be repeated
    ledger = tmp_path / "ledger"
    with FaultServer(Mode.FLAPPING, batches=True) as backend, ledger.open("wb") as out:
        server = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", _FORK_SERVER + program, str(tmp_path / "state")],
            stdin=subprocess.PIPE,
            stdout=out,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for number in range(kills):
            pid = _at_work(server, role(number, backend.url), ledger, number)
            time.sleep(chance.uniform(0.005, 0.12))
            os.kill(pid, signal.SIGKILL)
        assert server.stdin is not None
        server.stdin.close()
        server.wait(20)
        _let_everything_out(tmp_path / "state", backend, stamp)
        received = [json.loads(body) for body in backend.bodies]
    told = ledger.read_text().splitlines()
    return [line for line in told if not line.startswith("pid ")], received


def _at_work(server: "subprocess.Popen[str]", role: str, ledger: Path, number: int) -> int:
    """Start a process in its *role* and return its id once it is in the midst of its work."""
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


def _let_everything_out(
    state: Path, backend: FaultServer, stamp: Callable[[bytes, datetime], bytes]
) -> None:
    backend.mode = Mode.OK
    outbox = SqliteOutbox(state)
    recover(outbox=outbox, stamp=stamp)
    http = OpenLineageHttpDeliverer(HttpDeliverer(backend.url))
    sender = BackgroundSender(outbox, {"backend": http})
    replay(upkeep=outbox, sender=sender, timeout_s=60)
    assert [(item.waiting, item.refused, item.dropped) for item in outbox.reports()] == [(0, 0, 0)]
    outbox.close()
