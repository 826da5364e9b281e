"""However a run is left, dbt and everything that it started are gone afterwards."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from floe.adapters.dbt.subprocess_runner import SubprocessDbtRunner
from floe.domain.model.errors import DbtRunError, EnvironmentNotReadyError
from floe.domain.model.node_event import DbtEvent, LogEmitted, NodeStarted
from floe.ports.dbt_runner import DbtRunner
from tests.integration.dbt.conftest import KINDS
from tests.integration.dbt.projects import ENDLESS, command, write
from tests.integration.dbt.servers import ends_within

pytestmark = pytest.mark.engine

IN_OTHER_PROCESSES = ("subprocess", "child", "warm")
READER = """
import sys
from pathlib import Path
from floe.adapters.dbt.child_runner import ChildDbtRunner
from floe.adapters.dbt.subprocess_runner import SubprocessDbtRunner
from floe.adapters.dbt.warm import WarmDbtRunner
from tests.integration.dbt.projects import command
kind, project, state = sys.argv[1:]
runner = {
    "subprocess": SubprocessDbtRunner,
    "child": ChildDbtRunner,
    "warm": lambda: WarmDbtRunner(Path(state), 60),
}[kind]()
for event in runner.run(command(Path(project))):
    if type(event).__name__ == "NodeStarted":
        print(event.unique_id, event.raw["info"]["pid"], flush=True)
"""


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("endless"), ENDLESS)


def is_endless(event: DbtEvent) -> bool:
    return isinstance(event, NodeStarted) and event.unique_id == "model.shop.endless"


def pid_of(event: DbtEvent) -> int:
    assert event.raw is not None
    return int(event.raw["info"]["pid"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_who_leaves_while_dbt_is_silent_stops_the_running_query(
    runners: Mapping[str, DbtRunner], endless: Path, kind: str
) -> None:
    events = runners[kind].run(command(endless))
    started = next(event for event in events if is_endless(event))
    next(event for event in events if isinstance(event, LogEmitted) and not event.text)
    began = time.monotonic()
    events.close()

    assert time.monotonic() - began < 20
    assert pid_of(started) == os.getpid() or ends_within(pid_of(started), 0.5)


def test_an_error_thrown_in_stops_dbt_and_comes_out(
    runners: Mapping[str, DbtRunner], endless: Path
) -> None:
    events = runners["warm"].run(command(endless))
    first = next(events)

    with pytest.raises(KeyboardInterrupt):
        events.throw(KeyboardInterrupt)
    assert ends_within(pid_of(first), 0.5)


@pytest.mark.parametrize("kind", ["subprocess", "warm"])
def test_a_dbt_that_is_killed_is_an_error_and_no_end(
    runners: Mapping[str, DbtRunner], endless: Path, kind: str
) -> None:
    events = runners[kind].run(command(endless))
    started = next(event for event in events if is_endless(event))
    os.kill(pid_of(started), signal.SIGKILL)

    with pytest.raises(DbtRunError, match="died"):
        tuple(events)


@pytest.mark.parametrize("kind", IN_OTHER_PROCESSES)
def test_a_reader_that_is_killed_takes_dbt_along(endless: Path, state_dir: Path, kind: str) -> None:
    words = [sys.executable, "-c", READER, kind, str(endless), str(state_dir)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as reader:  # noqa: S603
        assert reader.stdout is not None
        line = next(line for line in reader.stdout if "endless" in line)
        reader.kill()

    assert ends_within(int(line.split()[1]), 15)


def test_an_executable_that_is_not_there_is_a_lack_of_the_environment(endless: Path) -> None:
    runner = SubprocessDbtRunner("no-such-dbt")

    with pytest.raises(EnvironmentNotReadyError, match="no-such-dbt"):
        next(runner.run(command(endless)))
