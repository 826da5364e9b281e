"""Every way to run dbt keeps the promises of the port."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from floe.adapters.dbt.child_runner import ChildDbtRunner
from floe.adapters.dbt.in_process import InProcessDbtRunner
from floe.adapters.dbt.subprocess_runner import SubprocessDbtRunner
from floe.adapters.dbt.warm import WarmDbtRunner
from floe.domain.model.node_event import InvocationFinished, InvocationStarted
from floe.domain.model.run import DbtCommand
from floe.ports.dbt_runner import DbtRunner
from floe.testing.dbt_runner import DbtRunnerContract
from floe.testing.fakes import ScriptedDbtRunner
from tests.fakes import NOON, finished, started
from tests.integration.dbt.projects import WELL, command, write
from tests.integration.dbt.servers import end_servers


class TestScriptedDbtRunner(DbtRunnerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def command(cls, tmp_path_factory: pytest.TempPathFactory) -> DbtCommand:
        return command(tmp_path_factory.mktemp("shop"))

    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls) -> DbtRunner:
        a, b = "seed.shop.raw", "model.shop.customers"
        return ScriptedDbtRunner(
            [
                InvocationStarted(at=NOON, invocation_id="i"),
                started(a),
                finished(a),
                started(b),
                finished(b),
                InvocationFinished(at=finished(b).at, exit_code=0),
            ]
        )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("shop"), WELL)


class RealDbtRunnerContract(DbtRunnerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def command(cls, shop: Path) -> DbtCommand:
        return command(shop)


@pytest.mark.engine
class TestSubprocessDbtRunner(RealDbtRunnerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls) -> DbtRunner:
        return SubprocessDbtRunner()


@pytest.mark.engine
class TestChildDbtRunner(RealDbtRunnerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls) -> DbtRunner:
        return ChildDbtRunner()


@pytest.mark.engine
class TestInProcessDbtRunner(RealDbtRunnerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls) -> DbtRunner:
        return InProcessDbtRunner()


@pytest.mark.engine
class TestWarmDbtRunner(RealDbtRunnerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DbtRunner]:
        state_dir: Path = tmp_path_factory.mktemp("state")
        yield WarmDbtRunner(state_dir, idle_s=60)
        end_servers(state_dir)
