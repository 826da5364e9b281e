"""The child that loads dbt while its caller is still busy."""

import os
from pathlib import Path

import pytest

from floe.adapters.dbt.child_runner import ChildDbtRunner
from floe.domain.model.node_event import InvocationFinished
from tests.integration.dbt.projects import WELL, command, write

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("shop"), WELL)


def test_the_child_that_got_ready_is_the_one_that_runs(shop: Path) -> None:
    runner = ChildDbtRunner()
    runner.get_ready(command(shop))
    waiting = runner._waiting
    assert waiting is not None

    *_, last = runner.run(command(shop))

    assert isinstance(last, InvocationFinished)
    assert last.is_success
    assert waiting.process.poll() is not None
    assert runner._waiting is None


def test_a_child_that_cannot_take_on_a_variable_any_more_is_not_used(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = ChildDbtRunner()
    runner.get_ready(command(shop))
    waiting = runner._waiting
    assert waiting is not None
    monkeypatch.setenv("PYTHONHASHSEED", "7")

    stream = runner.run(command(shop))
    next(stream)

    assert waiting.process.poll() is not None
    stream.close()


def test_a_child_that_nobody_needed_ends_with_its_runner(shop: Path) -> None:
    runner = ChildDbtRunner()
    runner.get_ready(command(shop))
    waiting = runner._waiting
    assert waiting is not None

    runner.close()

    assert waiting.process.poll() is not None
    assert not Path(f"/proc/{waiting.process.pid}").exists()


def test_a_fork_leaves_the_waiting_child_to_its_parent(shop: Path) -> None:
    runner = ChildDbtRunner()
    runner.get_ready(command(shop))
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            runner.close()
            code = 0
        finally:
            os._exit(code)

    assert os.waitpid(pid, 0)[1] == 0
    *_, last = runner.run(command(shop))
    assert isinstance(last, InvocationFinished)
    assert last.is_success
