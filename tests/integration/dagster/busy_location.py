"""A code location whose dbt never stops talking, and whose lineage is a file.

``$BUSY_DIR`` holds the manifest and the executable; transitions go to ``lineage.jsonl`` there.
"""

import json
import os
from pathlib import Path

from floe.adapters.dagster.assets import FloeAssetFactory
from floe.adapters.dagster.services import Services
from floe.adapters.dagster.splitting import Split
from floe.adapters.dbt.manifest import JsonManifestReader
from floe.adapters.dbt.subprocess_runner import SubprocessDbtRunner
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.run_ledger import RunTransition
from tests.integration.dagster.shop_project import observed_by, shop_command, shop_context

HERE = Path(os.environ["BUSY_DIR"])


class LineageFile:
    """Appends the run, the state and the context of each transition to a file."""

    def emit(self, transition: RunTransition) -> None:
        line = {
            "run": transition.run_id,
            "state": str(transition.state),
            "trace": transition.context.trace_id,
            "root": transition.context.run_id,
            "is_invocation": transition.is_invocation,
        }
        with (HERE / "lineage.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        del timeout_s
        return ()


MANIFEST = HERE / "manifest.json"
SERVICES = Services(
    command=shop_command(HERE),
    context=shop_context(),
    read_graph=lambda: JsonManifestReader().read(MANIFEST),
    manifest_path=MANIFEST,
    dbt=observed_by(SubprocessDbtRunner(str(HERE / "dbt"), grace_s=3.0), LineageFile()),
)
defs = FloeAssetFactory().create_definitions(
    SERVICES, split=Split(os.environ.get("BUSY_SPLIT", "none"))
)
