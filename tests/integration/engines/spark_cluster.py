"""A standalone Spark master with two workers, and a Thrift server on it, from pyspark's wheel."""

import json
import os
import shutil
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyspark

from tests.integration.engines.directory import BASE
from tests.integration.engines.process import LOOPBACK, accepts, free_port, running

VERSION = f"Spark {'.'.join(pyspark.__version__.split('.')[:2])}"
HOME = Path(pyspark.__file__).parent
_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"
_THRIFT = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
WORKERS = 2


def why_not() -> str | None:
    """Return why this machine cannot run Spark; None when it can."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        return "no Java on this machine, which Spark runs on"
    return None


def environment() -> dict[str, str]:
    """Return the variables that keep every part of Spark on the loopback."""
    return {
        "SPARK_HOME": str(HOME),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_LOCAL_HOSTNAME": LOOPBACK,
        "SPARK_PUBLIC_DNS": LOOPBACK,
    }


class Cluster(NamedTuple):
    """A master that runs, with its workers."""

    master: str
    web_port: int
    folder: Path

    def workers(self) -> list[dict[str, Any]]:
        """Return what the master says of each worker that is alive; nothing while it starts."""
        try:
            told = _told(f"http://{LOOPBACK}:{self.web_port}/json/")
        except (OSError, ValueError):  # a page that says to wait
            return []
        return [worker for worker in told["workers"] if worker["state"] == "ALIVE"]


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Have a master and two workers, each with room for one executor of two applications."""
    port, web_port = free_port(), free_port()
    made = Cluster(f"spark://{LOOPBACK}:{port}", web_port, folder)
    program = HOME / "bin/spark-class"
    host = ("--host", LOOPBACK, "--port")
    with ExitStack() as stack:
        stack.enter_context(
            running(
                [program, _MASTER, *host, str(port), "--webui-port", str(web_port)],
                ready=lambda: accepts(port) and accepts(web_port),
                log=folder / "master.log",
                environment=environment(),
            )
        )
        for number in range(1, WORKERS + 1):
            place = folder / f"worker-{number}"
            size = ("--cores", "2", "--memory", "1g", "--work-dir", str(place))
            stack.enter_context(
                running(
                    [program, _WORKER, *host, "0", "--webui-port", "0", *size, made.master],
                    ready=lambda: True,
                    log=folder / f"worker-{number}.log",
                    environment=environment(),
                )
            )
        _until_there(made)
        yield made


def _until_there(made: Cluster, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while len(made.workers()) < WORKERS:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the workers did not come: their logs are in {made.folder}")
        time.sleep(0.2)


def settings(master: str, folder: Path) -> dict[str, str]:
    """Return Spark's own settings for an application that spreads over what *master* has.

    What it did is kept beneath *folder*, in one plain file: see ``tasks_by_executor``.
    """
    events = folder / "events"
    events.mkdir(exist_ok=True)
    return {
        "spark.master": master,
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.cores.max": str(WORKERS),
        "spark.executor.cores": "1",
        "spark.executor.memory": "512m",
        "spark.ui.enabled": "false",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": events.as_uri(),
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={folder / 'metastore'};create=true"
        ),
    }


class ThriftServer(NamedTuple):
    """A Thrift server that runs, who may use it, and where it keeps what it did."""

    port: int
    user: str
    password: str
    folder: Path


@contextmanager
def thrift_server(
    given: Mapping[str, str], folder: Path, users: str | None = None
) -> Iterator[int]:
    """Have a Thrift server that works as *given*; give its port.

    Where there is a directory of *users*, it asks for a password and looks there.
    """
    port = free_port()
    options = [word for key, text in given.items() for word in ("--conf", f"{key}={text}")]
    hive = {"thrift.bind.host": LOOPBACK, "thrift.port": str(port)}
    if users is not None:
        hive["authentication"] = "LDAP"
        hive |= {"authentication.ldap.url": users, "authentication.ldap.baseDN": BASE}
    said = {f"hive.server2.{name}": text for name, text in hive.items()}
    hives = [word for key, text in said.items() for word in ("--hiveconf", f"{key}={text}")]
    with running(
        [HOME / "bin/spark-submit", "--class", _THRIFT, *options, "spark-internal", *hives],
        ready=lambda: accepts(port),
        log=folder / "thrift.log",
        environment=environment(),
        seconds=180,
    ):
        yield port


def tasks_by_executor(folder: Path) -> Counter[str]:
    """Return how many tasks each executor ended well, of every application with *folder*."""
    told: Counter[str] = Counter()
    for log in (folder / "events").iterdir():
        for event in map(json.loads, log.read_text(encoding="utf-8").splitlines()):
            if event["Event"] == "SparkListenerTaskEnd":
                told[event["Task Info"]["Executor ID"]] += not event["Task Info"]["Failed"]
    return told


def _told(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - the loopback
        return json.load(answer)
