"""The warm server is never seen: not in what runs, not in what is left behind."""

import os
import signal
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from floe.adapters.dbt.warm import WarmDbtRunner
from floe.domain.model.node_event import InvocationFinished
from floe.ports.dbt_runner import DbtRunner
from tests.integration.dbt.projects import WELL, command, write
from tests.integration.dbt.servers import end_servers, ends_within, is_alive, server_pids

pytestmark = pytest.mark.engine


def test_two_projects_share_a_server_and_nothing_else(
    warm: DbtRunner, tmp_path: Path, state_dir: Path
) -> None:
    one, two = (write(tmp_path / name, WELL) for name in ("one", "two"))
    results: dict[Path, int] = {}

    def run(project: Path) -> None:
        last = tuple(warm.run(command(project)))[-1]
        assert isinstance(last, InvocationFinished)
        results[project] = last.exit_code

    threads = [threading.Thread(target=run, args=(project,)) for project in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == {one: 0, two: 0}
    assert len(server_pids(state_dir)) == 1


def test_its_socket_is_its_owners_alone(warm: DbtRunner, tmp_path: Path, state_dir: Path) -> None:
    tuple(warm.run(command(write(tmp_path, WELL), select=("raw",))))
    modes = [path.stat().st_mode for path in state_dir.iterdir() if path.is_socket()]

    assert [stat.S_IMODE(mode) for mode in modes] == [0o600]


@pytest.fixture
def own_state(tmp_path: Path) -> Iterator[Path]:
    state_dir = tmp_path / ("deep" * 30) / "state"
    yield state_dir
    end_servers(state_dir)


def test_a_server_that_died_is_replaced_and_one_without_work_ends(
    tmp_path: Path, own_state: Path
) -> None:
    project = write(tmp_path / "shop", WELL)
    runner = WarmDbtRunner(own_state, idle_s=1)
    pids = []
    for _ in range(2):
        last = tuple(runner.run(command(project)))[-1]
        assert isinstance(last, InvocationFinished)
        assert last.is_success
        pids += server_pids(own_state)
        if len(pids) == 1:
            os.kill(pids[0], signal.SIGKILL)
            assert ends_within(pids[0], 5)

    assert len(set(pids)) == 2
    assert ends_within(pids[1], 15)
    assert not [path for path in own_state.iterdir() if path.is_socket()]


def test_two_clients_that_come_first_at_once_get_one_server(
    tmp_path: Path, own_state: Path
) -> None:
    projects = [write(tmp_path / name, WELL) for name in ("one", "two")]
    ends: list[object] = []

    def run(project: Path) -> None:
        runner = WarmDbtRunner(own_state, idle_s=60)
        ends.append(tuple(runner.run(command(project)))[-1])

    threads = [threading.Thread(target=run, args=(project,)) for project in projects]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [getattr(end, "exit_code", None) for end in ends] == [0, 0]
    assert [is_alive(pid) for pid in server_pids(own_state)] == [True]
