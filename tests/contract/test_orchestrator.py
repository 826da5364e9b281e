"""Both orchestrators keep the promises of their port."""

import warnings
from pathlib import Path

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import dagster_dbt  # noqa: F401 - sqlglot's optional tokenizer warns when it is imported

from floe.adapters.dagster.orchestrator import DagsterOrchestrator
from floe.adapters.dagster.services import Services
from floe.adapters.direct import DirectOrchestrator
from floe.domain.model.run import DbtCommand
from floe.ports.observed_dbt import ObservedDbt
from floe.ports.orchestrator import Orchestrator
from floe.testing.orchestrator import OrchestratorContract, OrchestratorOf, run_context
from tests.unit.adapters.dagster.projects import manifest_of, model, write


class TestDirectOrchestrator(OrchestratorContract):
    @pytest.fixture
    def orchestrator_of(self) -> OrchestratorOf:
        return DirectOrchestrator


class TestDagsterOrchestrator(OrchestratorContract):
    @pytest.fixture
    def orchestrator_of(self, tmp_path: Path, command: DbtCommand) -> OrchestratorOf:
        orders = model("orders")
        manifest = manifest_of(orders, model("customers", orders["unique_id"]))
        path = write(manifest, tmp_path)

        def make(dbt: ObservedDbt) -> Orchestrator:
            return DagsterOrchestrator(
                Services(
                    command=command,
                    context=run_context(),
                    read_graph=lambda: pytest.fail("the graph of the run was given"),
                    manifest_path=path,
                    dbt=dbt,
                )
            )

        return make
