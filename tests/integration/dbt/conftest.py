"""The four ways to run dbt, each kept for as many tests as can share it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from floe.adapters.dbt.child_runner import ChildDbtRunner
from floe.adapters.dbt.in_process import InProcessDbtRunner
from floe.adapters.dbt.subprocess_runner import SubprocessDbtRunner
from floe.adapters.dbt.warm import WarmDbtRunner
from floe.ports.dbt_runner import DbtRunner
from tests.integration.dbt.servers import end_servers

KINDS = ("subprocess", "child", "in_process", "warm")


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("state")
    yield directory
    end_servers(directory)


@pytest.fixture(scope="session")
def runners(state_dir: Path) -> dict[str, DbtRunner]:
    return {
        "subprocess": SubprocessDbtRunner(grace_s=5),
        "child": ChildDbtRunner(grace_s=5),
        "in_process": InProcessDbtRunner(),
        "warm": WarmDbtRunner(state_dir, idle_s=60, grace_s=5),
    }


@pytest.fixture(scope="session")
def warm(runners: dict[str, DbtRunner]) -> DbtRunner:
    return runners["warm"]
